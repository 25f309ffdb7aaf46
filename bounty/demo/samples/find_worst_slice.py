"""find_group: look for the worst slice of the public rows and return it as an expression."""


def find_group(X, y, loss):
    best, worst = "age < 1", 0.0
    for low in range(0, 60, 6):
        inside = ((X["age"] >= low) & (X["age"] < low + 6) & (X["sex"] == "female")).to_numpy()
        # Enough people to be worth it, and the loss above everybody's.
        excess = (loss[inside].mean() - loss.mean()) * inside.mean() if inside.sum() >= 40 else 0.0
        if excess > worst:
            best, worst = f"age >= {low} and age < {low + 6} and sex == 'female'", excess
    return best
