# The runner's image as `sam local` can take it: sam adds its emulator by steps that need root. The emulator then runs as
# root, and starts what Lambda starts as Lambda does: as a user who may do nothing else.
FROM livecode-runner:latest
USER root
ENTRYPOINT ["setpriv", "--reuid=993", "--regid=990", "--clear-groups", "--no-new-privs", "--bounding-set=-all", \
    "/opt/livecode/bin/python", "-m", "awslambdaric"]
