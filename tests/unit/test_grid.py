"""The grid network: targets, reading, augmentation, and that it learns."""

import numpy as np
import pytest
import torch

from dlroadmap import grid


def box(*rows):
    """(1, 6, 5) boxes: label, centre x, centre y, width, height; the rest is padding."""
    out = torch.full((1, 6, 5), -1.0)
    if rows:
        out[0, :len(rows)] = torch.tensor(rows)
    return out


def test_targets_of_one_digit():
    target = grid.targets(box((7, 42.0, 18.0, 8.0, 16.0)))[0]
    assert target.shape == (8, 20)
    assert target[4, 10] == 7  # 18 / 4 = 4.5, 42 / 4 = 10.5
    # ± .3 of 8 by 16 round (42, 18): cell centres 14 … 22 down, 40 … 44 across, the middle aside
    assert {tuple(c) for c in (target == grid.IGNORE).nonzero().tolist()} == {(3, 10), (5, 10)}
    assert (target == grid.NONE).sum() == 160 - 3


def test_targets_at_the_edge_and_two_digits_in_one_cell():
    target = grid.targets(box((3, -2.0, 40.0, 4.0, 4.0), (5, 20.0, 10.0, 2.0, 2.0),
                              (6, 21.0, 10.0, 2.0, 2.0)))[0]
    assert target[7, 0] == 3
    assert target[2, 5] in (5, 6)
    assert ((target >= 0) & (target < 10)).sum() == 2
    assert (grid.targets(box())[0] == grid.NONE).all()


def scores_of(*digits):
    """(1, 11, 8, 20) scores that are sure of ``digits``: (label, row, column, sureness)."""
    scores = torch.zeros(1, 11, 8, 20)
    scores[:, grid.NONE] = 8
    for label, row, column, sure in digits:
        scores[0, label, row, column] = 8 + sure
    return scores


def test_decode_reads_from_left_to_right():
    scores = scores_of((0, 4, 12, 3), (5, 4, 2, 3), (5, 3, 7, 3))
    assert grid.decode(scores) == ["550"]
    assert grid.decode(scores.softmax(1)) == ["550"]
    assert grid.decode(scores_of()) == [""]


def test_decode_takes_the_surest_of_neighbours():
    assert grid.decode(scores_of((1, 4, 5, 3), (7, 4, 6, 4))) == ["7"]
    assert grid.decode(scores_of((1, 4, 5, 3), (7, 4, 7, 4))) == ["17"]
    assert grid.decode(scores_of((1, 2, 5, 3), (7, 4, 5, 4))) == ["7"]  # above each other
    assert grid.decode(scores_of((1, 4, 5, -3))) == [""]  # not sure enough
    assert grid.decode(scores_of((1, 4, 5, -3)), threshold=0.01) == ["1"]


def test_decode_never_gives_more_than_six_digits():
    many = [(d, 4, 2 * d, 3 + d / 10) for d in range(9)]
    assert grid.decode(scores_of(*many)) == ["345678"]  # the surest six


def test_loss_by_hand():
    torch.manual_seed(0)
    scores = torch.randn(2, 11, 8, 20)
    target = grid.targets(torch.cat([box((7, 42.0, 18.0, 8.0, 16.0)),
                                     box((1, 10.0, 10.0, 4.0, 9.0), (2, 60.0, 10.0, 4.0, 9.0))]))
    total = 0.0
    logs = scores.log_softmax(1)
    for n, r, c in np.ndindex(2, 8, 20):
        t = int(target[n, r, c])
        if t != grid.IGNORE:
            total -= logs[n, t, r, c] * (0.5 if t == grid.NONE else 1)
    assert grid.grid_loss(scores, target) == pytest.approx(float(total) / 3, rel=1e-5)
    empty = torch.full((1, 8, 20), grid.NONE)
    assert torch.isfinite(grid.grid_loss(scores[:1], empty))


def test_augment_moves_boxes_with_their_digits():
    """A bright spot at a box's centre is found at the new centre."""
    generator = torch.Generator().manual_seed(0)
    yy, xx = torch.meshgrid(torch.arange(32) + 0.5, torch.arange(80) + 0.5, indexing="ij")
    spots = [torch.exp(-((xx - x) ** 2 + (yy - y) ** 2) / 4) for x, y in [(30, 14), (48, 18)] * 40]
    boxes = torch.cat([box((3, float(x), float(y), 6.0, 10.0)) for x, y in [(30, 14), (48, 18)] * 40])
    out, moved = grid.augment(torch.stack(spots)[:, None], boxes, generator, invert=0)
    inside = 0
    for image, b in zip(out[:, 0], moved[:, 0], strict=True):
        if 4 < b[1] < 76 and 4 < b[2] < 28:
            inside += 1
            weight = image.clamp(min=0)
            found = ((weight * xx).sum() / weight.sum(), (weight * yy).sum() / weight.sum())
            assert found == pytest.approx((float(b[1]), float(b[2])), abs=0.5)
    assert inside > 60
    assert (moved[:, 1:] == -1).all()
    assert (moved[:, 0, 0] == 3).all()
    assert moved[:, 0, 1].std() > 3


def test_augment_changes_light_and_dark_of_half_the_images():
    generator = torch.Generator().manual_seed(1)
    x = torch.ones(400, 1, 8, 8)
    out, _ = grid.augment(x, torch.full((400, 6, 5), -1.0), generator, 0, 0, 0)
    assert 160 < (out.mean((1, 2, 3)) < 0).sum() < 240
    same, _ = grid.augment(x, torch.full((400, 6, 5), -1.0), generator, 0, 0, 0, invert=0)
    assert torch.allclose(same, x)


def test_a_batch_of_the_loader():
    pixels = torch.randint(0, 255, (10, 1, 32, 80), dtype=torch.uint8)
    data = grid.GridData(pixels, torch.cat([box((7, 42.0, 18.0, 8.0, 16.0))] * 10))
    batches = list(data.loader(batch_size=4))
    assert [len(x) for x, _ in batches] == [4, 4, 2]
    x, target = batches[0]
    assert x.shape == (4, 1, 32, 80)
    assert x.mean((1, 2, 3)).abs().max() < 1e-3
    assert target.shape == (4, 8, 20)
    assert torch.equal(data[3][1], target[3])
    shuffled = next(iter(data.loader(10, shuffle=True)))[0]
    assert not torch.equal(shuffled, next(iter(data.loader(10)))[0])
    augmented = grid.GridData(pixels, data.boxes, torch.Generator().manual_seed(0))
    first, again = (next(iter(augmented.loader(10)))[0] for _ in range(2))
    assert not torch.equal(first, again)  # another view each time


def test_standardise_survives_a_flat_image():
    assert torch.isfinite(grid.standardise(torch.full((2, 1, 32, 80), 7, dtype=torch.uint8))).all()


def test_probabilities_are_recognised():
    scores = torch.randn(3, 11, 8, 20)
    p = grid.probabilities(scores)
    assert torch.allclose(p.sum(1), torch.ones(()))
    assert grid.probabilities(p) is p


def test_accuracy():
    assert grid.accuracy(["05", "5", ""], ["5", "5", "1"]) == pytest.approx(1 / 3)
    with pytest.raises(ValueError, match="2 readings for 1"):
        grid.accuracy(["1", "2"], ["1"])


def test_it_learns_eight_images_by_heart():
    torch.manual_seed(0)
    pixels = torch.randint(0, 255, (8, 1, 32, 80), dtype=torch.uint8)
    boxes = torch.cat([box((i, 20.0 + i, 16.0, 8.0, 16.0), (9 - i, 60.0, 16.0, 8.0, 16.0))
                       for i in range(8)])
    model = grid.GridNet()
    assert sum(p.numel() for p in model.parameters()) == 107_387
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    x, target = next(iter(grid.GridData(pixels, boxes).loader()))
    for _ in range(60):
        optimizer.zero_grad()
        grid.grid_loss(model(x), target).backward()
        optimizer.step()
    p = grid.predict(model, pixels)
    assert p.shape == (8, 11, 8, 20)
    assert model.training  # predict leaves the mode as it was
    model.eval()
    assert grid.decode(model(x)) == [f"{i}{9 - i}" for i in range(8)]
