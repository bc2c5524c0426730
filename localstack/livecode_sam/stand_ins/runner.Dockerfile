# The runner's image as `sam local` can take it: sam adds its emulator by steps that need root, and then runs as root.
FROM livecode-runner:latest
USER root
