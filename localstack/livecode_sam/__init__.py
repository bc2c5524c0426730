"""AWS's SAM CLI with what it lacks: a queue, a database and a schedule, so that runs complete under `sam local`."""
