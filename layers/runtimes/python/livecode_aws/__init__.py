"""What the functions share that knows AWS: logging, metrics, the login to RDS, and the visibility of SQS messages."""
