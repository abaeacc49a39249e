"""Text: which of two moods a note is in. The rows of such a model are answered in batches."""

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from export import Trained

GLAD = ["a fine day", "what a fine, fine song", "sunny and warm", "the song was warm"]
SAD = ["a grey day", "rain, rain and rain", "cold and grey", "the rain was cold"]


def train() -> Trained:
    """Fit a vectorizer and a logistic regression on a few notes."""
    texts, moods = [*GLAD, *SAD], ["glad"] * len(GLAD) + ["sad"] * len(SAD)
    return Trained(
        estimator=make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, moods),
        X_train=texts,
        X_test=["a warm day", "a cold day"],
        y_train=moods,
        y_test=["glad", "sad"],
    )
