@testable import LeibnizCore

/// Operations that only rename elements.
let views: [PrimitiveEntry] = [
    PrimitiveEntry(Reshape.self, reshapes),
    PrimitiveEntry(
        Transpose.self,
        [
            ([2, 3], [1, 0]), ([0, 2], [1, 0]), ([1, 5], [1, 0]), ([2, 3, 4], [2, 0, 1]),
            ([3, 9, 1, 2], [3, 1, 0, 2]), ([1, 1], [1, 0]),
        ].enumerated().map {
            number, trial in
            PrimitiveCase(
                [Operand(trial.0, .reals(-2...2), number == 1 ? .plain : .strided)], { $0[0].transposed(trial.1) },
                checksDerivative: number == 0 || number == 3
            ) { blocks in
                Block(trial.1.map { trial.0[$0] }) { index in
                    var source = index
                    for (place, axis) in trial.1.enumerated() { source[axis] = index[place] }
                    return blocks[0][source]
                }
            }
        }),
    PrimitiveEntry(
        Broadcast.self,
        [
            ([3, 1], [3, 4]), ([], [2, 2]), ([1], [0]), ([0, 1], [2, 0, 5]), ([2, 1, 3], [4, 2, 5, 3]),
            ([1, 9], [3, 9]),
        ].enumerated().map {
            number, trial in
            PrimitiveCase(
                [Operand(trial.0, .reals(-2...2), .flipped)], { $0[0].broadcast(to: Shape(trial.1)) },
                checksDerivative: number == 0 || number == 4
            ) { blocks in Block(trial.1) { blocks[0].stretched($0) } }
        }),
    PrimitiveEntry(Slice.self, slices),
    PrimitiveEntry(Pad.self, pads),
    PrimitiveEntry(Windows.self, windows),
    PrimitiveEntry(
        Shear.self,
        [(1, 0, 4, 3), (-1, 2, 5, 3), (2, -1, 3, 3), (-2, 0, 1, 3), (1, 0, 0, 3), (1, 0, 5, 0), (1, -2, 7, 9)]
            .enumerated().map { number, trial in
                let (step, offset, extent, along) = trial
                return PrimitiveCase(
                    [Operand([5, 2, along], .reals(-2...2), .transposed)],
                    { Tensor(Shear(axis: 0, along: 2, step: step, offset: offset, extent: extent), [$0[0]]) },
                    checksDerivative: number < 3
                ) { blocks in
                    Block([extent, 2, along]) { index in
                        let place = index[0] + step * index[2] + offset
                        return (0..<5).contains(place) ? blocks[0][[place, index[1], index[2]]] : 0
                    }
                }
            } + [
                PrimitiveCase(
                    [Operand([1, 1])], { Tensor(Shear(axis: 0, along: 1, step: 3, offset: 0, extent: 2), $0) }
                ) {
                    Block([2, 1], [$0[0].numbers[0], 0])
                }
            ]),
]

private let reshapes: [PrimitiveCase] = [
    ([2, 6], [3, 4]), ([], [1, 1]), ([0, 3], [2, 0]), ([1, 7], [7]), ([4, 3, 5], [6, 2, 5]), ([2, 9], [9, 2]),
    ([12], [2, 3, 2]),
    ([3, 2, 1, 5], [6, 5]), ([2, 15], [5, 6]),
].enumerated().map { (number, trial: ([Int], [Int])) in
    PrimitiveCase(
        [Operand(trial.0, .reals(-2...2), number % 2 == 0 ? .transposed : .strided)],
        { $0[0].reshaped(to: Shape(trial.1)) },
        checksDerivative: number == 0 || number == 4
    ) { Block(trial.1, $0[0].numbers) }
}

private let slices: [PrimitiveCase] = [
    ([4, 5], 1, 1, 3, 1), ([4, 5], 1, 4, 3, -2), ([7], 0, 0, 3, 3), ([7], 0, 6, 7, -1), ([1], 0, 0, 1, -1),
    ([2, 3], 1, 2, 0, 1),
    ([0, 4], 1, 3, 2, -3), ([3, 19], 1, 1, 9, 2), ([6, 3], 0, 5, 2, -4),
].enumerated().map { (number, trial: ([Int], Int, Int, Int, Int)) in
    let (extents, axis, start, count, stride) = trial
    return PrimitiveCase(
        [Operand(extents, .reals(-2...2), .transposed)],
        { $0[0].sliced(axis: axis, start: start, count: count, stride: stride) },
        checksDerivative: [1, 2, 3, 8].contains(number)
    ) { blocks in
        var shape = extents
        shape[axis] = count
        return Block(shape) { index in
            var source = index
            source[axis] = start + index[axis] * stride
            return blocks[0][source]
        }
    }
}

private let pads: [PrimitiveCase] = [
    ([2, 3], 1, 1, 2, 0), ([2, 3], 0, 0, 1, 2), ([3, 2], 0, 2, 0, 1), ([0, 2], 0, 2, 1, 3), ([1], 0, 1, 1, 4),
    ([5, 9], 1, 0, 0, 1),
    ([4], 0, 0, 1, 1), ([2, 4, 3], 1, 3, 2, 2),
].enumerated().map { (number, trial: ([Int], Int, Int, Int, Int)) in
    let (extents, axis, before, after, interior) = trial
    return PrimitiveCase(
        [Operand(extents, .reals(-2...2), .flipped)],
        { $0[0].padded(axis: axis, before: before, after: after, interior: interior) },
        checksDerivative: [0, 1, 2, 6].contains(number)
    ) { blocks in
        var shape = extents
        shape[axis] = before + after + extents[axis] + max(0, extents[axis] - 1) * interior
        return Block(shape) { index in
            let place = index[axis] - before
            guard place >= 0, place % (interior + 1) == 0, place / (interior + 1) < extents[axis] else { return 0 }
            var source = index
            source[axis] = place / (interior + 1)
            return blocks[0][source]
        }
    }
}

private let windows: [PrimitiveCase] = [
    ([5, 2], 0, 3, 1, 1), ([2, 9], 1, 2, 2, 1), ([8], 0, 3, 2, 2), ([7], 0, 2, 3, 3), ([4], 0, 4, 1, 1),
    ([1], 0, 1, 1, 1),
    ([2, 11], 1, 3, 4, 1), ([2, 10, 2], 1, 5, 2, 1), ([0, 5], 1, 2, 1, 1), ([6], 0, 2, 5, 1),
    ([9, 2], 0, 3, 1, 3), ([2, 12], 1, 3, 2, 4), ([2, 11, 2], 1, 3, 2, 3),
].enumerated().map { (number, trial: ([Int], Int, Int, Int, Int)) in
    let (extents, axis, size, stride, dilation) = trial
    return PrimitiveCase(
        [Operand(extents, .reals(-2...2), .strided)],
        { $0[0].windows(axis: axis, size: size, stride: stride, dilation: dilation) },
        checksDerivative: number != 5 && number != 8
    ) { blocks in
        var shape = extents
        var count = 0
        while count * stride + (size - 1) * dilation < extents[axis] { count += 1 }
        shape[axis] = count
        return Block(shape + [size]) { index in
            var source = Array(index.dropLast())
            source[axis] = index[axis] * stride + index[index.count - 1] * dilation
            return blocks[0][source]
        }
    }
}
