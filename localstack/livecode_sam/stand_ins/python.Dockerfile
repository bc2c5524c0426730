# Stands in for Lambda's Python image where no registry answers: Python 3.13 and AWS's runtime client, from the runner's
# image, and nothing else that a function could import by mistake.
FROM livecode-runner:latest
USER root
RUN mkdir /var/runtime \
    && cd /opt/livecode/lib/python3.13/site-packages \
    && mv awslambdaric* runtime_client* simplejson* snapshot_restore_py* /var/runtime/ \
    && rm -r /opt/livecode /var/task \
    && mkdir -p /opt /var/task
COPY bootstrap /var/runtime/bootstrap
ENV PYTHONPATH=/var/task:/opt/python:/var/runtime LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime
ENTRYPOINT []
CMD []
