"""Make dlroadmap/assets/steam_stand_in.npz from the competition's files, and measure both.

    python benchmarks/steam_stand_in_statistics.py FOLDER            # about 15 s
    python benchmarks/steam_stand_in_statistics.py FOLDER --compare  # nothing written; 4 minutes

FOLDER holds zhengqi_train.txt and zhengqi_test.txt. The asset holds statistics only, no row:

    train_mix, test_mix          (39, 39), (38, 38)   mixing matrix, times 10 000
    train_memory, test_memory    (39, 5), (38, 5)     variance shares of five AR(1) speeds, times
                                                      10 000
    train_smooth, test_smooth    (columns, 129)       quantiles of the smooth columns, times 1000
    *_values, *_counts, *_lengths                     the same for the stepped columns: values
                                                      (times 1000) and how often each occurs; the
                                                      exact table where a column has at most 150
                                                      distinct values, else 1001 quantiles

How the mixing matrix is found: the columns become normal scores (ranks through the normal
quantile function); their correlation matrix and lag-1 autocovariance matrix are diagonalised
together, which gives series that are uncorrelated at both lags; their autocorrelations at nine
lags are fitted by a sum of AR(1) processes. Then the correlation matrix is corrected in thirty
rounds until the *generated* table has the real table's Pearson correlations.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.stats import ks_2samp, norm, rankdata

from dlroadmap.data import steam

LAGS = np.array([1, 2, 3, 5, 10, 20, 50, 100, 200])
WEIGHTS = np.array([3, 2, 1.5, 1.5, 1, 1, 1, 1, 0.5])


def scores(table):
    """Normal scores of each column, unit variance."""
    z = norm.ppf((rankdata(table, axis=0) - 0.5) / len(table))
    return z / z.std(axis=0)


def autocorrelation(x, lag):
    x = x - x.mean()
    return float(x[lag:] @ x[:-lag] / len(x[lag:]) / x.var())


def unmix(z):
    """Mixing matrix A and series F with z = F Aᵀ, uncorrelated at lag 0 and at lag 1."""
    now = z.T @ z / len(z)
    next_ = z[1:].T @ z[:-1] / (len(z) - 1)
    triangle = np.linalg.cholesky(now)
    inverse = np.linalg.inv(triangle)
    _, turn = np.linalg.eigh(inverse @ ((next_ + next_.T) / 2) @ inverse.T)
    mix = triangle @ turn
    return mix, z @ np.linalg.inv(mix).T


def memory(series):
    """Shares (k, 5) of the AR(1) speeds; ties weaken the measured memory, hence the power."""
    design = steam.SPEEDS[None] ** LAGS[:, None]
    shares = []
    for f in series.T:
        a = np.array([autocorrelation(f, lag) for lag in LAGS])
        a = np.sign(a) * np.abs(a) ** 0.85
        big = 100 * np.ones((1, len(steam.SPEEDS)))  # the shares sum to one
        w, _ = nnls(np.vstack([design * WEIGHTS[:, None], big]), np.append(a * WEIGHTS, 100))
        shares.append(w / w.sum())
    return np.array(shares)


def root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 1e-6))) @ vectors.T


def nearest_correlation(matrix):
    """A positive definite matrix with unit diagonal near ``matrix``."""
    matrix = np.clip(matrix, -0.995, 0.995)
    np.fill_diagonal(matrix, 1)
    values, vectors = np.linalg.eigh(matrix)
    matrix = (vectors * np.maximum(values, 0.0005)) @ vectors.T
    scale = np.sqrt(np.diag(matrix))
    return matrix / np.outer(scale, scale)


def margins(table):
    """The arrays smooth, values, counts, lengths for a DataFrame."""
    smooth, values, counts, lengths = [], [], [], []
    for name in table:
        x = table[name].to_numpy()
        if name in steam.STEPPED:
            if len(np.unique(x)) > 150:
                x = np.quantile(x, np.linspace(0, 1, 1001), method="nearest")
            v, c = np.unique(x, return_counts=True)
            values.append(v)
            counts.append(c)
            lengths.append(len(v))
        else:
            smooth.append(np.quantile(x, steam.levels()))
    return {"smooth": np.array(smooth), "values": np.concatenate(values),
            "counts": np.concatenate(counts), "lengths": np.array(lengths)}


def fit(table, part, rng_seed, target):
    """All arrays of one part, as integers."""
    real = table.to_numpy()
    z = scores(real)
    mix, series = unmix(z)
    whole = {k: np.round(v * (1000 if k in ("smooth", "values") else 1)).astype(np.int16)
             for k, v in margins(table).items()}
    found = {f"{part}_{k}": v for k, v in whole.items()}
    shares = np.round(memory(series) * 1e4).astype(np.int16)
    found[f"{part}_memory"] = shares
    stored = {k: v.astype(float) for k, v in found.items()}
    tables = steam._margins(stored, part, real.shape[1])
    start = z.T @ z / len(z)
    goal, wanted = np.corrcoef(real.T), start.copy()
    back = np.linalg.inv(root(start)) @ mix
    for _ in range(30):
        turned = root(wanted) @ back
        turned /= np.sqrt((turned**2).sum(axis=1, keepdims=True))
        kept = np.round(turned * 1e4).astype(np.int16)
        rng = np.random.default_rng(rng_seed)
        made = steam._mix(steam._series(rng, len(real), shares / 1e4), kept / 1e4)
        if target:
            made = steam._bend(made, rng)
        gap = goal - np.corrcoef(steam._values(made, tables).T)
        wanted = nearest_correlation(wanted + 0.7 * gap)
    found[f"{part}_mix"] = kept
    print(f"{part}: largest difference between a correlation and the real one "
          f"{np.abs(gap).max():.4f}")
    return found


def compare(train, test):
    """Print statistics and cross-validation errors of the real files beside the stand-in's."""
    from sklearn.ensemble import (
        ExtraTreesRegressor,
        GradientBoostingRegressor,
        HistGradientBoostingClassifier,
        RandomForestRegressor,
    )
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import KFold, cross_val_score
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVR
    from sklearn.tree import DecisionTreeRegressor
    from xgboost import XGBRegressor

    a, b = steam._stand_in()
    names = [*steam.FEATURES, steam.TARGET]
    pairs = {"real": (train, test),
             "stand-in": (pd.DataFrame(a, columns=names),
                          pd.DataFrame(b, columns=steam.FEATURES))}
    rows = []
    for name in names:
        row = {"column": name}
        for kind, (tr, te) in pairs.items():
            x = tr[name]
            row |= {f"mean {kind}": x.mean(), f"std {kind}": x.std(), f"skew {kind}": x.skew(),
                    f"kurt {kind}": x.kurt(), f"distinct {kind}": x.nunique(),
                    f"lag1 {kind}": autocorrelation(x.to_numpy(), 1),
                    f"r {kind}": x.corr(tr[steam.TARGET])}
            if name != steam.TARGET:
                row[f"KS {kind}"] = ks_2samp(x, te[name]).statistic
        rows.append(row)
    print(pd.DataFrame(rows).set_index("column").sort_index(axis=1).round(3).to_string())
    for kind, (tr, te) in pairs.items():
        both = pd.concat([tr[steam.FEATURES], te])
        where = np.r_[np.zeros(len(tr)), np.ones(len(te))]
        guess = HistGradientBoostingClassifier(random_state=0)
        folds = KFold(5, shuffle=True, random_state=2019)
        auc = cross_val_score(guess, both, where, cv=folds, scoring="roc_auc").mean()
        vif = np.diag(np.linalg.inv(tr[steam.FEATURES].corr()))
        top = np.argsort(vif)[::-1][:5]
        print(f"{kind}: adversarial AUC {auc:.4f}; duplicate rows {tr.duplicated().sum()}; "
              + "VIF " + ", ".join(f"V{i} {vif[i]:.1f}" for i in top))
    scaled = lambda model: make_pipeline(StandardScaler(), model)  # noqa: E731
    models = {
        "LinearRegression": LinearRegression(),
        "KNN(8) standardised": scaled(KNeighborsRegressor(8)),
        "DecisionTree": DecisionTreeRegressor(random_state=0),
        "SVR rbf default": scaled(SVR()),
        "SVR rbf C=1 gamma=.01": scaled(SVR(gamma=0.01)),
        "RandomForest(100)": RandomForestRegressor(100, random_state=0),
        "ExtraTrees(200)": ExtraTreesRegressor(200, random_state=0),
        "GBDT(300, 5, .05, .8, sqrt)": GradientBoostingRegressor(
            n_estimators=300, max_depth=5, learning_rate=0.05, subsample=0.8,
            max_features="sqrt", random_state=0),
        "XGBoost(400, 5, .05, .8, .5)": XGBRegressor(
            n_estimators=400, max_depth=5, learning_rate=0.05, subsample=0.8,
            colsample_bytree=0.5, random_state=0, n_jobs=1),
    }
    print(f"{'5-fold MSE: shuffled, in order, worst in order':44}{'real':>22}{'stand-in':>26}")
    for name, model in models.items():
        line = f"{name:40}"
        for tr, _ in pairs.values():
            x, y = tr[steam.FEATURES].to_numpy(), tr[steam.TARGET].to_numpy()
            one = -cross_val_score(model, x, y, cv=KFold(5, shuffle=True, random_state=2019),
                                   scoring="neg_mean_squared_error")
            two = -cross_val_score(model, x, y, cv=KFold(5), scoring="neg_mean_squared_error")
            line += f"  {one.mean():.4f} {two.mean():.4f} {two.max():.4f}  "
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="holds zhengqi_train.txt and zhengqi_test.txt")
    parser.add_argument("--compare", action="store_true", help="measure only, write nothing")
    options = parser.parse_args()
    try:
        train, test = (steam.frame_from_text(options.folder / file.name, columns)
                       for file, columns in ((steam.TRAIN_FILE, [*steam.FEATURES, steam.TARGET]),
                                             (steam.TEST_FILE, steam.FEATURES)))
    except steam.DataError as error:
        sys.exit(str(error))
    if options.compare:
        compare(train, test)
        return
    found = fit(train, "train", steam._SEED, True) | fit(test, "test", [steam._SEED, 1], False)
    np.savez_compressed(steam._ASSET, **found)
    print(f"wrote {steam._ASSET}, {steam._ASSET.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
