"""Sentences of scikit-learn's descriptions: which of its data sets one is about. Text.

The descriptions come with scikit-learn's data sets, cut at full stops.
"""

import re

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from export import Trained

SOURCES = {
    "breast cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "digits": load_digits,
    "iris": load_iris,
    "wine": load_wine,
}


def train() -> Trained:
    """Weigh the words, then fit a logistic regression on four fifths of the sentences."""
    texts, topics = [], []
    for topic, load in SOURCES.items():
        sentences = [" ".join(part.split()) for part in re.split(r"\.\s", load().DESCR)]
        texts += sentences
        topics += [topic] * len(sentences)
    X_train, X_test, y_train, y_test = train_test_split(
        texts, np.array(topics), test_size=0.2, stratify=topics, random_state=42
    )
    model = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=10))
    return Trained(
        estimator=model.fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        title="Sentences about data",
        description="Predicts which of scikit-learn's data sets a sentence describes.",
        target_names=["data set"],
    )
