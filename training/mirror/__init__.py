"""Runs, models and aliases, shown in an MLflow server too, where MLFLOW_TRACKING_URI names one."""
