"""Wrong solutions of lesson 02/ch06_logistic_regression that its checks must reject."""

LESSON = "02_ml_theory/ch06_logistic_regression"

PI = "np.exp(-np.logaddexp(0, -(X @ w)))"
OVERFLOW = "np.exp(X @ w) / (1 + np.exp(X @ w))"
VALUE = "y @ z - np.logaddexp(0, z).sum()"

MUTANTS = {
    "logistic_log_likelihood": [
        ("exp overflows", "np.logaddexp(0, z).sum()", "np.log(1 + np.exp(z)).sum()",
         "e^z is larger than the largest float"),
        ("logarithm of zero", VALUE,
         "(lambda p: y @ np.log(p) + (1 - y) @ np.log(1 - p))(1 / (1 + np.exp(-z)))",
         "is infinite"),
        ("clipped", VALUE,
         "(lambda p: y @ np.log(p) + (1 - y) @ np.log(1 - p))"
         "(np.clip(1 / (1 + np.exp(-z)), 1e-15, 1 - 1e-15))", "clipped"),
        ("mean", VALUE, "(y * z - np.logaddexp(0, z)).mean()", "the mean over the samples"),
        ("the loss", VALUE, "np.logaddexp(0, z).sum() - y @ z", "check the sign"),
        ("every label is 1", "y @ z", "z.sum()", "every label as 1"),
    ],
    "logistic_gradient": [
        ("exp overflows", PI, OVERFLOW, "infinite / infinite"),
        ("sign", "y - p", "p - y", "y − π raises L"),
        ("no transpose", "X.T @", "X @", "not transposed"),
        ("mean", "X.T @ (y - p)", "X.T @ (y - p) / len(y)", "the mean over the samples"),
        ("score for probability", PI, "X @ w", "The score w·x"),
        ("labels -1 and 1", "(y - p)", "(2 * y - 1 - p)", "not −1 and +1"),
    ],
    "logistic_hessian": [
        ("exp overflows", PI, OVERFLOW, "infinite / infinite"),
        ("pi for pi(1-pi)", "p * (1 - p)", "p", "The weights are π"),
        ("no minus", "-(X.T", "(X.T", "without its minus sign"),
        ("transpose on the wrong X", "(X.T * (p * (1 - p))) @ X", "(X * (p * (1 - p))) @ X.T",
         "on the wrong X"),
        ("mean", "@ X\n", "@ X / len(y)\n", "the mean over the samples"),
        ("no weights", "X.T * (p * (1 - p))", "X.T", "of the samples are missing"),
    ],
    "newton_step": [
        ("plus instead of minus", "w - np.linalg", "w + np.linalg", "the wrong way"),
        ("gradient step", "w - np.linalg.solve(H, g)", "w + g", "It is a gradient step: the Hessian"),
        ("multiplies by H", "w - np.linalg.solve(H, g)", "w - H @ g", "solve H d"),
        ("only the step", "w - np.linalg", "-np.linalg", "only the step; add"),
        ("changes w in place", "w_new = w - np.linalg.solve(H, g)",
         "w -= np.linalg.solve(H, g)\n    w_new = w", "in place"),
        ("diagonal only", "w - np.linalg.solve(H, g)", "w - g / np.diag(H)", "diagonal"),
    ],
}
