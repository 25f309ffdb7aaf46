"""Names and descriptions of the learners. Apart from the learners themselves, so that a page need not load scikit-
learn.
"""

LEARNERS: dict[str, str] = {
    "boosting": "gradient boosting: many small trees, usually the most accurate",
    "forest": "random forest: an average of trees, steady on small groups",
    "tree": "one decision tree of depth 5: easy to read",
    "logistic": "logistic or ridge regression: a weighted sum, sees trends rather than steps",
}
# Below so many rows, or with one class, a group teaches nothing but its usual answer.
LEAST_ROWS = 20
