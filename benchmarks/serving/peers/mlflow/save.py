"""Writes the estimator as an MLflow model: `save.py FOLDER`."""

import shutil
import sys

import common
import mlflow.sklearn

shutil.rmtree(sys.argv[1], ignore_errors=True)
# Its other format takes trees only where each of their types is trusted by name.
mlflow.sklearn.save_model(
    common.load(), sys.argv[1], serialization_format="cloudpickle", pip_requirements=[]
)
