"""Wrong solutions of lesson 02/ch08_xgboost that its checks must reject."""

LESSON = "02_ml_theory/ch08_xgboost"

WEIGHT = "-g.sum() / (h.sum() + reg_lambda)"
GAIN = "score(g[left], h[left]) + score(g[~left], h[~left]) - score(g, h)"

MUTANTS = {
    "xgb_leaf_weight": [
        ("sign", "-g.sum()", "g.sum()", "against the gradient"),
        ("no lambda", "(h.sum() + reg_lambda)", "h.sum()", "λ is missing"),
        ("means", WEIGHT, "-g.mean() / (h.mean() + reg_lambda)", "what the means of g and h do"),
        ("quotients added", WEIGHT, "(-g / (h + reg_lambda)).sum()", "one quotient for each row"),
        ("half", "-g.sum()", "-0.5 * g.sum()", "half of the right weight"),
    ],
    "xgb_split_gain": [
        ("with the half", GAIN, f"0.5 * ({GAIN})", "half of the printed Gain"),
        ("no parent", " - score(g, h)", "", "before the split is missing"),
        ("parent added", "- score(g, h)", "+ score(g, h)", "before the split is added"),
        ("no lambda", "(h.sum() + reg_lambda)", "h.sum()", "each of the three denominators"),
        ("left twice", "score(g[~left], h[~left])", "score(g[left], h[left])",
         "rows of the left one"),
        ("squares added", "g.sum() ** 2", "(g ** 2).sum()", "Add up first, then square"),
    ],
    "xgb_boosting_round": [
        ("residual for gradient", "margin - y", "y - margin", "g is prediction minus truth"),
        ("threshold at a value", "(values[:-1] + values[1:]) / 2", "values[1:]",
         "smallest x of the right side"),
        ("assumes sorted x", "values = np.unique(x)", "values = x", "x need not be sorted"),
        ("no eta", "leaf_left = eta * xgb", "leaf_left = xgb", "η is missing"),
        ("margin ignored", "g, h = margin - y,", "g, h = -y,", "gradient ignores the margin"),
        ("only the step", "margin + np.where", "np.where", "only the step"),
    ],
    "xgb_logistic_round": [
        ("no gamma", "best = np.inf, gamma", "best = np.inf, 0", "gamma is not used"),
        ("half bracket", "if gain > best", "if gain / 2 > best", "with half of the bracket"),
        ("one side only", "min(h[left].sum(), h[~left].sum())", "h[~left].sum()",
         "not applied to both sides"),
        ("h is 1", "p - y, p * (1 - p)", "p - y, np.ones(len(y))", "h is 1 in it"),
        ("zero leaf", "leaf_left = leaf_right = eta * xgb_leaf_weight(g[left], h[left], reg_lambda)",
         "leaf_left = leaf_right = (0.0 if left.all() else eta * xgb_leaf_weight(g[left], h[left],"
         " reg_lambda))", "Without a split there is still one leaf"),
    ],
}
