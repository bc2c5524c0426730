"""SQS on this machine: queues with the real rules, kept over restarts, and the endpoint that boto3 speaks to.

moto's server would do, but costs too much: on the same busy two-core machine a SendMessage by boto3 took 15 ms with
it and 2.5 ms here (nearly all of it boto3's), and the server 78 MB beside a stack that needs 43 in all.
"""
