"""Wrong solutions of lesson 05/street_3, as patches on the right ones, and what the check must say."""

LESSON = "05_dl_competition/street_3_model"

_LOSS = "torch.nn.functional.cross_entropy(scores.flatten(0, 1), labels.flatten())"
_JOIN = "\"\".join(str(digit) for digit in answers if digit < 10)"
_ZONES = """    for _, x, y, width, height in digits:
        near_y = (middle_y - y).abs() <= core * height
        near_x = (middle_x - x).abs() <= core * width
        out[near_y[:, None] & near_x[None, :]] = IGNORE
"""
_CENTRES = """    for label, x, y, _, _ in digits.tolist():
        row = min(max(int(y // step_y), 0), rows - 1)
        column = min(max(int(x // step_x), 0), columns - 1)
        out[row, column] = int(label)
"""
_BY_SURE = "        found = sorted(found, key=lambda cell: -sure[n, cell[0], cell[1]])[:6]\n"
_BY_COLUMN = "        found = sorted(found, key=lambda cell: cell[1])\n"

MUTANTS = {
    "heads_loss": [
        ("sum over the heads", _LOSS, f"scores.shape[1] * {_LOSS}", "sum over the heads"),
        ("sum over the images", _LOSS, f"len(scores) * {_LOSS}", "sum over the images"),
        ("sum over all answers", "labels.flatten())", "labels.flatten(), reduction=\"sum\")", "sum over all answers"),
        ("class 10 left out", "labels.flatten())", "labels.flatten(), ignore_index=10)", "answer like any other"),
        ("first head only", _LOSS, "torch.nn.functional.cross_entropy(scores[:, 0], labels[:, 0])", "Only the first head"),
        ("softmax twice", "(scores.flatten(0, 1),", "(scores.softmax(2).flatten(0, 1),", "does the softmax itself"),
        ("six heads fixed", _LOSS,
         "sum(torch.nn.functional.cross_entropy(scores[:, h], labels[:, h]) for h in range(6)) / 6", "Take it from the shape"),
        ("heads where the classes belong", "scores.flatten(0, 1), labels.flatten()", "scores, labels", "classes belong on axis 1"),
        ("reshaped instead of transposed", "scores.flatten(0, 1), labels.flatten()",
         "scores.reshape(len(scores), 11, -1), labels", "torn apart"),
        ("a view", "scores.flatten(0, 1)", "scores.view(-1, 11)", "use flatten or reshape"),
        ("a number", "return loss", "return loss.item()", "torch tensor was asked"),
        ("graph cut", "(scores.flatten", "(scores.detach().flatten", "cuts the graph"),
        ("a loss a head", _LOSS,
         "torch.nn.functional.cross_entropy(scores.transpose(1, 2), labels, reduction=\"none\").mean(0)", "it is one number"),
    ],
    "decode_heads": [
        ("stops at the first 10", _JOIN,
         "\"\".join(str(d) for d in (answers[:answers.index(10)] if 10 in answers else answers))", "stops at the first 10"),
        ("10 written out", " if digit < 10)", ")", "written out"),
        ("a number", f"numbers.append({_JOIN})", f"numbers.append(int({_JOIN} or 0))", "\"05\" is not 5"),
        ("leading zero lost", _JOIN, f"{_JOIN}.lstrip(\"0\")", "leading zero is lost"),
        ("zero taken for none", "if digit < 10)", "if digit and digit < 10)", "Zeros are left out"),
        ("argmax over the digits only", "scores.argmax(dim=2)", "scores[..., :10].argmax(dim=2)", "although class 10 is better"),
        ("argmax over the heads", "scores.argmax(dim=2)", "scores.argmax(dim=1)", "image 0 is read as"),
        ("right to left", "for digit in answers if", "for digit in reversed(answers) if", "order of the heads is reversed"),
        ("repeated digits lost", "for digit in answers if", "for digit in dict.fromkeys(answers) if", "Repeated digits"),
        ("one text for all", "    return numbers", "    return \"\".join(numbers)", "expected a list of 7 texts"),
        ("nothing returned", "    return numbers", "    numbers", "returned None"),
    ],
    "grid_targets": [
        ("labels before the zones", _ZONES + _CENTRES, _CENTRES + _ZONES, "zones cover the labels"),
        ("digit by digit", _ZONES + _CENTRES,
         _ZONES + "        out[min(max(int(y // step_y), 0), rows - 1), min(max(int(x // step_x), 0), columns - 1)] = int(_)\n",
         "first all zones, then all labels"),
        ("no zone", " = IGNORE\n", " = NONE\n", "No cell is left out"),
        ("empty cells hold 0", "torch.full((rows, columns), NONE)", "torch.zeros(rows, columns, dtype=torch.int64)", "which is a digit"),
        ("x and y exchanged", "for label, x, y, _, _ in digits.tolist()", "for label, y, x, _, _ in digits.tolist()", "x and y are exchanged"),
        ("half the zone", _ZONES, _ZONES.replace("core *", "core / 2 *"), "half as large"),
        ("square zone", "core * width", "core * height", "as wide as it is high"),
        ("corners", "(torch.arange(rows) + 0.5) * step_y\n    middle_x = (torch.arange(columns) + 0.5) * step_x",
         "torch.arange(rows) * step_y\n    middle_x = torch.arange(columns) * step_x", "is its corner"),
        ("negative index", "row = min(max(int(y // step_y), 0), rows - 1)\n        column = min(max(int(x // step_x), 0), columns - 1)",
         "row = int(y // step_y) % rows\n        column = int(x // step_x) % columns", "opposite"),
        ("index too large", "row = min(max(int(y // step_y), 0), rows - 1)\n        column = min(max(int(x // step_x), 0), columns - 1)",
         "row = int(y // step_y)\n        column = int(x // step_x)", "IndexError"),
        ("outside is dropped", "        out[row, column] = int(label)",
         "        if 0 <= x < size[1] and 0 <= y < size[0]:\n            out[row, column] = int(label)", "is lost: it counts for the nearest"),
        ("padding rows kept", "digits = boxes[boxes[:, 0] >= 0]", "digits = boxes", "Rows with label -1"),
        ("zero dropped", "boxes[:, 0] >= 0", "boxes[:, 0] > 0", "A zero is lost"),
        ("float targets", "    return out", "    return out.float()", "wants torch.int64"),
        ("fixed steps", "step_y, step_x = size[0] / rows, size[1] / columns", "step_y, step_x = 4, 4", "(24, 60)"),
    ],
    "grid_loss": [
        ("mean over the weights", ", reduction=\"sum\")\n    digits = (target >= 0) & (target != 10)\n    loss = total / digits.sum().clamp(min=1)",
         ")\n    loss = total", "sum of the weights"),
        ("not divided", "loss = total / digits.sum().clamp(min=1)", "loss = total", "not divided"),
        ("per image", "digits.sum().clamp(min=1)", "len(scores)", "number of images"),
        ("per cell", "digits.sum().clamp(min=1)", "target.numel()", "number of all cells"),
        ("ignored counted as digits", "(target >= 0) & (target != 10)", "target != 10", "counted as digits"),
        ("zero no digit", "target >= 0", "target > 0", "zero is not counted"),
        ("no clamp", ".clamp(min=1)", "", "without a digit divide by 1"),
        ("plus one", "digits.sum().clamp(min=1)", "(digits.sum() + 1)", "one too many"),
        ("no weight", "target, weight, reduction", "target, reduction", "count in full"),
        ("fixed weight", "weight[10] = empty", "weight[10] = 0.5", "empty is not used"),
        ("weight on class 0", "weight[10] = empty", "weight[0] = empty", "went to class 0"),
        ("empty cells left out", "weight[10] = empty", "weight[10] = 0", "left out altogether"),
        ("ignored cells say none", "(scores, target, weight, reduction", "(scores, target.where(target >= 0, 10), weight, reduction",
         "taught to say none"),
        ("float32 weights", "dtype=scores.dtype, ", "", "the dtype of the scores"),
        ("a number", "return loss", "return loss.item()", "torch tensor was asked"),
    ],
    "decode_grid": [
        ("no peaks", "(sure == around) & (sure > threshold)", "sure > threshold", "Every sure cell"),
        ("window turned", "(5, 3), stride=1, padding=(2, 1)", "(3, 5), stride=1, padding=(1, 2)", "window is turned"),
        ("square window", "(5, 3), stride=1, padding=(2, 1)", "3, stride=1, padding=1", "3 rows high"),
        ("wide window", "(5, 3), stride=1, padding=(2, 1)", "5, stride=1, padding=2", "5 columns wide"),
        ("row by row", _BY_COLUMN, "        found = sorted(found)\n", "row by row"),
        ("by sureness", _BY_COLUMN, "", "by sureness"),
        ("eleven classes", "p[:, :10].argmax(dim=1)", "p.argmax(dim=1)", "take the ten digits"),
        ("seven and more", "cell[1]])[:6]", "cell[1]])", "the six surest"),
        ("six leftmost", _BY_SURE + _BY_COLUMN, "        found = sorted(found, key=lambda cell: cell[1])[:6]\n", "not the six leftmost"),
        ("surest digit", "sure = 1 - p[:, 10]", "sure = p[:, :10].amax(dim=1)", "largest digit's"),
        ("threshold fixed", "(sure > threshold)", "(sure > 0.4)", "threshold is not used"),
        ("no threshold", " & (sure > threshold)", "", "no threshold"),
        ("no softmax", "p = scores.softmax(dim=1)", "p = scores", "it read"),
        ("no stride", "stride=1, ", "", "stride=1 and"),
        ("numbers", "numbers.append(\"\".join(str(int(best[n, row, column])) for row, column in found))",
         "numbers.append(int(\"\".join(str(int(best[n, row, column])) for row, column in found) or 0))", "a text"),
    ],
}
