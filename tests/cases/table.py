"""How each case of cases.json and reports.json is held: by a program over HTTP or by a named test."""

from tests.cases import confinement, output, programs, reported
from tests.cases.expected import Program

PROGRAMS: tuple[Program, ...] = (
    *output.PROGRAMS,
    *programs.COMPILE,
    *programs.EXIT,
    *programs.PYTHON,
    *programs.NODE,
    *programs.RESOURCES,
    *confinement.ISOLATION,
    *confinement.PROCESSES,
    *confinement.TIME,
    *reported.PROGRAMS,
)

_SESSIONS = "tests/e2e/test_sessions.py::"
_REQUESTS = "tests/e2e/test_requests.py::"
_GATEWAY = "tests/e2e/test_gateway.py::"
_RUNS = "tests/e2e/test_runs.py::"
_DELIVERY = "tests/e2e/test_delivery.py::"
_OUTAGES = "tests/e2e/test_outages.py::"
_NEIGHBOURS = "tests/e2e/test_neighbours.py::"
_PROGRAMS = "tests/e2e/test_programs.py::"

# Cases that are held elsewhere than by a program alone: tests that must exist.
TESTS: dict[str, tuple[str, ...]] = {
    "A02": (f"{_REQUESTS}test_refuses_bodies_of_another_type", f"{_REQUESTS}test_refuses_a_compressed_body"),
    "A03": (f"{_REQUESTS}test_refuses_json_that_is_no_object", f"{_SESSIONS}test_creates_an_empty_python_session_from"),
    "A04": (f"{_SESSIONS}test_names_every_field_that_is_null", f"{_SESSIONS}test_refuses_null"),
    "A06": (f"{_REQUESTS}test_refuses_unknown_fields", f"{_RUNS}test_a_run_has_no_options"),
    "A09": (f"{_REQUESTS}test_refuses_sources_that_no_file_can_hold",),
    "A10": (f"{_SESSIONS}test_limits_a_source_in_bytes",),
    "A11": (
        f"{_REQUESTS}test_refuses_a_body_that_can_hold_no_source",
        f"{_GATEWAY}test_refuses_a_body_over_ten_megabytes",
        f"{_REQUESTS}test_refuses_what_is_no_json",
    ),
    "A12": (f"{_REQUESTS}test_refuses_ids_that_are_none", f"{_REQUESTS}test_is_not_led_astray_by_a_path"),
    "A14": (f"{_SESSIONS}test_autosaves_only_what_is_given", f"{_SESSIONS}test_refuses_null"),
    "A15": (f"{_RUNS}test_runs_the_source_as_it_was_when_asked",),
    "A16": (f"{_REQUESTS}test_refuses_a_limit_that_is_none",),
    "A17": (f"{_REQUESTS}test_refuses_values_of_another_type", f"{_REQUESTS}test_refuses_what_is_no_json"),
    "A18": (
        f"{_REQUESTS}test_the_last_of_two_equal_keys_counts",
        f"{_REQUESTS}test_judges_the_last_of_two_equal_keys",
    ),
    "A19": (f"{_GATEWAY}test_does_not_know_other_methods", f"{_GATEWAY}test_answers_a_preflight"),
    "A23": (f"{_SESSIONS}test_keeps_a_source_as_it_is",),
    "Y06": (f"{_SESSIONS}test_keeps_a_source_as_it_is",),
    "N09": (f"{_REQUESTS}test_refuses_sources_that_no_file_can_hold",),
    "I04": (f"{_RUNS}test_a_run_has_no_options",),  # standard input is not offered: a program reads an empty one
    "I06": (f"{_RUNS}test_a_run_has_no_options",),
    "C05": (f"{_NEIGHBOURS}test_does_not_tell_the_secrets_of_the_stack",),
    "C15": (f"{_NEIGHBOURS}test_does_not_tell_the_secrets_of_the_stack",),
    "F02": (f"{_NEIGHBOURS}test_leaves_no_file_behind",),
    "F03": (f"{_NEIGHBOURS}test_does_not_follow_links_that_a_program_left",),
    "P03": (f"{_NEIGHBOURS}test_leaves_no_process_behind",),
    "R14": (f"{_NEIGHBOURS}test_gives_back_the_space_of_a_run",),
    "R19": (f"{_NEIGHBOURS}test_leaves_no_core_file",),
    "R09": (f"{_PROGRAMS}test_a_run_may_take_thirty_seconds_and_no_more",),
    "S15": (f"{_NEIGHBOURS}test_two_runs_at_a_time_do_not_see_each_other",),
    "S16": (f"{_NEIGHBOURS}test_does_not_change_the_next_run",),
    "S18": (f"{_NEIGHBOURS}test_cannot_write_into_the_log",),
    "L02": (
        f"{_DELIVERY}test_a_message_delivered_twice_runs_once",
        f"{_DELIVERY}test_a_second_message_while_it_runs_waits_for_the_first",
    ),
    "L04": (
        f"{_DELIVERY}test_a_run_survives_its_runner",
        f"{_DELIVERY}test_a_run_whose_attempts_are_used_ends_as_our_failure",
    ),
    "L06": (
        f"{_OUTAGES}test_a_result_outlives_a_database_that_is_away",
        "tests/integration/test_outages.py::test_lost_while_running_and_back_at_the_write_it_runs_once",
    ),
    "L08": (
        f"{_DELIVERY}test_a_run_survives_its_runner",
        f"{_DELIVERY}test_a_lost_message_is_sent_again",
        f"{_DELIVERY}test_a_late_runner_does_not_overwrite",
    ),
    "L12": (f"{_RUNS}test_grants_ten_of_eleven_runs_at_once",),
    "L13": (f"{_RUNS}test_the_bucket_fills_as_time_goes_by_and_never_overflows",),
    "L14": (f"{_RUNS}test_the_last_run_of_a_session_is_granted_once",),
    "L15": (f"{_RUNS}test_only_granted_runs_count",),
    "L16": (f"{_DELIVERY}test_two_hundred_runs_drain_once_each", "tests/e2e/test_health.py::test_a_backlog_is_seen"),
    "L18": (f"{_DELIVERY}test_a_poison_message_is_thrown_away",),
    "L20": (
        "tests/unit/test_template.py::test_a_run_ends_before_its_function_before_its_lease_before_its_message_returns",
    ),
    "L21": (f"{_DELIVERY}test_a_run_survives_its_runner",),
    "L23": (f"{_RUNS}test_two_clicks_are_two_executions",),
    "L25": (
        f"{_OUTAGES}test_health_tells_which_part_is_away",
        "tests/integration/test_outages.py::test_a_queue_that_is_away_at_the_send",
    ),
    "L26": (f"{_DELIVERY}test_a_message_of_a_newer_version_is_kept_for_a_newer_runner",),
    "L27": (f"{_DELIVERY}test_deleting_a_session_ends_what_is_queued_or_running",),
    "L29": (f"{_DELIVERY}test_a_cold_start_is_not_counted_as_run_time",),
    "Q12": (f"{_GATEWAY}test_a_preflight_allows_the_headers_of_tracing_libraries",),
    "L30": (f"{_RUNS}test_never_answers_from_a_cache",),
}
