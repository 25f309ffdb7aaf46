"""People whose care is free and who live with a chronic condition: a group in Python."""


def group(X):
    return (X["coinsurance"] == 0) & (X["chronic_diseases"] >= 15)
