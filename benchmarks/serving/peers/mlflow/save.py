"""Writes the estimator as an MLflow model: `save.py FOLDER`."""

import shutil
import sys

import common
import mlflow.sklearn

shutil.rmtree(sys.argv[1], ignore_errors=True)
mlflow.sklearn.save_model(common.load(), sys.argv[1], pip_requirements=[])
