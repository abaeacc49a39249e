"""Messages: is one about food, travel or work? A text model, small enough to read.

The sentences are made here, from a few words of each topic in every combination.
"""

from itertools import product

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from export import Trained

TOPICS = {
    "food": (
        ["We baked", "She cooked", "They ordered", "I would love"],
        ["fresh bread", "a café crème", "spicy noodles", "an apple pie"],
        ["for lunch", "with friends", "at the new restaurant", "and it was delicious!"],
    ),
    "travel": (
        ["We booked", "She missed", "They boarded", "I would love"],
        ["the night train", "a flight to Zürich", "the ferry", "a long journey"],
        ["last summer", "with friends", "from the new station", "and saw the coast!"],
    ),
    "work": (
        ["We finished", "She postponed", "They reviewed", "I would like"],
        ["the annual report", "a résumé", "the budget meeting", "an open project"],
        ["before noon", "with colleagues", "at the new office", "and sent the invoice!"],
    ),
}


def train() -> Trained:
    """Count words, weigh them, then fit a logistic regression on four fifths of the messages."""
    messages = [
        (" ".join(words), topic) for topic, parts in TOPICS.items() for words in product(*parts)
    ]
    train, test = train_test_split(messages, test_size=0.2, random_state=42)
    (X_train, y_train), (X_test, y_test) = zip(*train, strict=True), zip(*test, strict=True)
    return Trained(
        estimator=make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(X_train, y_train),
        X_train=X_train,
        X_test=X_test,
        y_train=y_train,
        y_test=y_test,
        title="Topics of messages",
        description="Tells whether a message is about food, travel or work.",
        target_names=["topic"],
        feature_titles=["message"],
    )
