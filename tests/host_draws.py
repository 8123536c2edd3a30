"""What the zoo draws on the host for seed 42, computed without the zoo: SHA-256 of every model's initial
weights, and orders of images.

    python tests/host_draws.py > tests/host_draws.in        (needs numpy)

The generator (ChaCha8, seeded as rand's `seed_from_u64`), the distributions (PyTorch's), the order of
the draws (weight, then bias, layer by layer) and the bytes that are hashed (for each parameter in order
of its name: "name [shape]\\n", then the values, little-endian 32-bit floats) are written anew here, so
that tests/backends/main.rs compares two implementations. Dense weights are [inputs, outputs] as in Burn.
"""
import hashlib

import numpy as np

SEED = 42


def key(seed):
    """rand_core's expansion of a 64-bit seed by PCG32 to ChaCha's eight words."""
    words, state = [], seed
    for _ in range(8):
        state = (state * 6364136223846793005 + 11634580027462260723) % 2**64
        xorshifted = ((state >> 18 ^ state) >> 27) % 2**32
        rotation = state >> 59
        words.append((xorshifted >> rotation | xorshifted << (32 - rotation) % 32) % 2**32)
    return words


def chacha8(seed, count, stream=0):
    """The first `count` 32-bit words of a stream."""
    blocks = -(-count // 16)
    counter = np.arange(blocks, dtype=np.uint64)
    constants = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574]
    words = [np.full(blocks, word, dtype=np.uint32) for word in constants + key(seed)]
    words += [counter.astype(np.uint32), (counter >> np.uint64(32)).astype(np.uint32)]
    words += [np.full(blocks, half, dtype=np.uint32) for half in (stream % 2**32, stream >> 32)]
    x = [word.copy() for word in words]

    def rotate(word, by):
        return word << np.uint32(by) | word >> np.uint32(32 - by)

    def quarter(a, b, c, d):
        for first, second, third, by in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)]:
            x[first] += x[second]
            x[third] = rotate(x[third] ^ x[first], by)

    for _ in range(4):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for a, b, c, d in [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]:
            quarter(a, b, c, d)
    return np.stack([a + b for a, b in zip(x, words)], axis=1).reshape(-1)[:count]


def layers(model, channels, side):
    """(name, weight's shape, fan in, fan out) of each layer, and how it is drawn."""
    if model.startswith("mlp"):
        hidden = {"mlp-relu-2": 2, "mlp-relu-3": 3}.get(model, 1)
        widths = [channels * side * side] + [256] * hidden + [10]
        names = [f"hidden.{i}" for i in range(hidden)] + ["output"]
        dense = [(name, (i, o), i, o) for name, i, o in zip(names, widths, widths[1:])]
        return dense, "xavier" if model == "mlp-sigmoid" else "he"
    table, maps = [], channels
    if model == "vgg-small":
        for stage, conv, out in [(0, 0, 32), (1, 0, 64), (1, 1, 64), (2, 0, 128), (2, 1, 128)]:
            table.append((f"stages.{stage}.{conv}", (out, maps, 3, 3), maps * 9, out * 9))
            maps = out
        widths = [128 * (side // 8) ** 2, 128, 10]
        names = ["dense1", "dense2"]
        table += [(name, (i, o), i, o) for name, i, o in zip(names, widths, widths[1:])]
        return table, "he"
    for number, out in enumerate([32, 64, 128, 256], 1):
        table.append((f"conv{number}", (out, maps, 7, 7), maps * 49, out * 49))
        maps = out
        if model in ("cnn", "cnn-simple"):
            side -= 6
        elif model == "cnn-strided":
            side = (side - 1) // 2 + 1
        else:
            side //= 2
    widths = [256 * side * side] + ([] if model == "cnn-simple" else [128]) + [10]
    names = ["dense2"] if model == "cnn-simple" else ["dense1", "dense2"]
    table += [(name, (i, o), i, o) for name, i, o in zip(names, widths, widths[1:])]
    return table, "pytorch"


def sha256(model, channels, side):
    table, how = layers(model, channels, side)
    sizes = [(int(np.prod(shape)), shape[1] if len(shape) == 2 else shape[0]) for _, shape, _, _ in table]
    words = chacha8(SEED, sum(weight + bias for weight, bias in sizes))
    parameters, position = {}, 0

    def uniform(count, bound):
        nonlocal position
        bits = (words[position : position + count] >> np.uint32(8)).astype(np.float64)
        position += count
        return ((bits - 2.0**23) * (bound / 2.0**23)).astype("<f4")

    for (name, shape, fan_in, fan_out), (weight, bias) in zip(table, sizes):
        bound = {
            "xavier": np.sqrt(6.0 / (fan_in + fan_out)),
            "he": np.sqrt(6.0 / fan_in),
            "pytorch": 1.0 / np.sqrt(float(fan_in)),
        }[how]
        parameters[f"{name}.weight"] = (list(shape), uniform(weight, bound))
        zero = np.zeros(bias, dtype="<f4")
        parameters[f"{name}.bias"] = ([bias], uniform(bias, bound) if how == "pytorch" else zero)
    digest = hashlib.sha256()
    for name in sorted(parameters):
        shape, values = parameters[name]
        digest.update(f"{name} {shape}\n".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def order(count, epoch):
    """Fisher and Yates's shuffle by 64-bit draws from the epoch's stream."""
    words = [int(word) for word in chacha8(SEED, 2 * count, stream=epoch)]
    images = list(range(count))
    for draw, last in enumerate(range(count - 1, 0, -1)):
        other = (words[2 * draw] + (words[2 * draw + 1] << 32)) * (last + 1) >> 64
        images[last], images[other] = images[other], images[last]
    return images


def augmented(place, flip, shift, cutout):
    """The first channel of an image 2x4x5 of the bytes 1, 2, ... at a place of epoch 1, as trained on."""
    words = chacha8(SEED, 16 * (place + 1), stream=2**63 + 1)[16 * place :]
    height, width = 4, 5
    bounds = [2, 2 * shift + 1, 2 * shift + 1, height, width]
    mirrored, down, right, y, x = (int(word) * bound >> 32 for word, bound in zip(words, bounds))
    image = np.arange(1, 21, dtype=np.uint8).reshape(height, width)
    if mirrored and flip:
        image = image[:, ::-1]
    padded = np.pad(image, shift)
    image = padded[2 * shift - down :, 2 * shift - right :][:height, :width].copy()
    top, left = y - cutout // 2, x - cutout // 2
    image[max(top, 0) : max(top + cutout, 0), max(left, 0) : max(left + cutout, 0)] = 0
    return image.flatten().tolist()


def part(place, width, height, share):
    """Left, top, width and height of the part of a picture at a place of epoch 1: torchvision's
    RandomResizedCrop, by draws from a stream of its own."""
    words = chacha8(SEED, 32 * (place + 1), stream=2**63 + 2**62 + 1)[32 * place :]
    uniform = [int(word) / 2**32 for word in words]
    for attempt in range(10):
        area = width * height * (share + (1 - share) * uniform[2 * attempt])
        low, high = np.log(3 / 4), np.log(4 / 3)
        ratio = np.exp(low + (high - low) * uniform[2 * attempt + 1])
        w, h = round(np.sqrt(area * ratio)), round(np.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            top, left = (int(draw * bound) for draw, bound in zip(uniform[20:], [height - h + 1, width - w + 1]))
            return [left, top, w, h]
    raise ValueError("no part fits")


if __name__ == "__main__":
    print("// Made by host_draws.py.")
    for count, epoch in [(10, 1), (70, 1), (70, 2)]:
        print(f"// The order of {count} images in epoch {epoch} begins {order(count, epoch)[:10]}.")
    print(f"// The image at place 7 is augmented to {augmented(7, True, 2, 2)}.")
    print(f"// The parts of pictures 500x375 at places 0 and 7 are {[part(place, 500, 375, 0.08) for place in (0, 7)]}.")
    print("[")
    for model in (
        "mlp-sigmoid mlp-relu mlp-relu-2 mlp-relu-3 "
        "cnn-simple cnn cnn-maxpool cnn-avgpool cnn-strided vgg-small"
    ).split():
        print(f'    ("{model}", ["{sha256(model, 1, 28)}", "{sha256(model, 3, 32)}"]),')
    print("]")
