@testable import LeibnizCore

/// Matrix products, Einstein sums, convolutions.
let products: [CompositeEntry] = [
    CompositeEntry(
        "matmul",
        [
            ([2, 3], [3, 4]), ([2, 1, 3, 4], [5, 4, 2]), ([4], [4, 2]), ([3, 4], [4]), ([4], [4]), ([0, 3], [3, 2]),
            ([2, 3, 0], [0, 4]),
            ([1, 2, 3], [4, 3, 2]), ([9, 17], [17, 5]), ([1, 1], [1, 1]), ([2, 3], [2, 3, 1]), ([5], [2, 5, 3]),
            ([2, 3, 5], [5]),
        ].enumerated().map { (number, shapes: ([Int], [Int])) in
            PrimitiveCase(
                [
                    Operand(shapes.0, .reals(-2...2), .transposed),
                    Operand(shapes.1, .reals(-2...2), number % 2 == 0 ? .strided : .flipped),
                ],
                { matmul($0[0], $0[1]) }, checksDerivative: [0, 1, 2, 3, 4, 10, 12].contains(number)
            ) { blocks in naiveProduct(blocks[0], blocks[1]) }
        }),
    CompositeEntry(
        "einsum",
        [
            ("ij,jk->ik", [2, 3], [3, 4]), ("ij,kj->ki", [2, 3], [4, 3]), ("bij,bjk->bik", [2, 2, 3], [2, 3, 2]),
            ("i,j->ji", [3], [2]),
            ("ij,ij->", [2, 5], [2, 5]), ("ijk,j->i", [2, 3, 2], [3]), ("ij,kl->jl", [2, 3], [2, 2]),
            ("i,->i", [3], []),
        ].enumerated().map { (number, trial: (String, [Int], [Int])) in
            let (formula, a, b) = trial
            return PrimitiveCase(
                [Operand(a, .reals(-2...2), .strided), Operand(b, .reals(-2...2), .flipped)],
                { einsum(formula, $0[0], $0[1]) },
                checksDerivative: number != 0
            ) { naiveEinsum(formula, $0[0], $0[1]) }
        }),
    CompositeEntry(
        "convolution",
        [
            Convolution([2, 2, 5, 6], [3, 2, 3, 2]),
            Convolution([1, 3, 6, 5], [2, 3, 2, 3], stride: [2, 1], padding: [1, 2]),
            Convolution([2, 1, 7, 7], [2, 1, 2, 2], stride: [3], padding: [1], dilation: [2]),
            Convolution([1, 4, 5, 4], [6, 2, 2, 2], padding: [1], groups: 2),
            Convolution([2, 3, 9], [3, 1, 4], stride: [2], groups: 3),
            Convolution([1, 2, 3, 4, 3], [2, 2, 2, 2, 2], padding: [1, 0, 1]), Convolution([0, 2, 5], [1, 2, 3]),
            Convolution([1, 1, 1, 1], [1, 1, 1, 1]), Convolution([9, 3, 8, 8], [5, 3, 3, 3], padding: [1]),
            Convolution([1, 2, 8], [1, 2, 3], stride: [4], padding: [3], dilation: [3]),
        ].enumerated().map { number, trial in
            PrimitiveCase(
                [Operand(trial.input, .reals(-2...2), .transposed), Operand(trial.weight, .reals(-2...2), .strided)],
                { trial.applied(to: $0[0], $0[1]) },
                checksDerivative: number < 6 || number == 9
            ) { trial.naive($0[0], $0[1]) }
        }),
]

private struct Convolution: Sendable {
    let input: [Int]
    let weight: [Int]
    let stride: [Int]
    let padding: [Int]
    let dilation: [Int]
    let groups: Int

    init(
        _ input: [Int], _ weight: [Int], stride: [Int] = [1], padding: [Int] = [0], dilation: [Int] = [1],
        groups: Int = 1
    ) {
        (self.input, self.weight, self.groups) = (input, weight, groups)
        (self.stride, self.padding, self.dilation) = (stride, padding, dilation)
    }

    func applied(to x: Tensor, _ w: Tensor) -> Tensor {
        convolution(x, w, stride: stride, padding: padding, dilation: dilation, groups: groups)
    }

    func naive(_ x: Block, _ w: Block) -> Block {
        let spatial = input.count - 2
        func at(_ list: [Int], _ axis: Int) -> Int { list.count == 1 ? list[0] : list[axis] }
        let places = (0..<spatial).map { axis in
            (input[2 + axis] + 2 * at(padding, axis) - at(dilation, axis) * (weight[2 + axis] - 1) - 1)
                / at(stride, axis) + 1
        }
        return Block([input[0], weight[0]] + places) { index in
            let group = index[1] / (weight[0] / groups)
            var total = 0.0
            for kernel in Block.indices(Array(weight[1...])) {
                let source = (0..<spatial).map { axis in
                    index[2 + axis] * at(stride, axis) + kernel[1 + axis] * at(dilation, axis) - at(padding, axis)
                }
                guard zip(source, input[2...]).allSatisfy({ $0 >= 0 && $0 < $1 }) else { continue }
                total += x[[index[0], group * weight[1] + kernel[0]] + source] * w[[index[1]] + kernel]
            }
            return total
        }
    }
}

private func naiveProduct(_ a: Block, _ b: Block) -> Block {
    let (x, y) = (
        a.extents.count == 1 ? Block([1] + a.extents, a.numbers) : a,
        b.extents.count == 1 ? Block(b.extents + [1], b.numbers) : b
    )
    let (left, right) = (x.extents.dropLast(2), y.extents.dropLast(2))
    let rank = max(left.count, right.count)
    let leading = (0..<rank).map { axis in
        let (i, j) = (axis - rank + left.count, axis - rank + right.count)
        let extents = (i < 0 ? 1 : left[i], j < 0 ? 1 : right[j])
        return extents.0 == 1 ? extents.1 : extents.0
    }
    let (rows, inner, columns) = (
        x.extents[x.extents.count - 2], x.extents[x.extents.count - 1], y.extents[y.extents.count - 1]
    )
    let product = Block(leading + [rows, columns]) { index in
        let outer = Array(index.dropLast(2))
        return (0..<inner).reduce(0) {
            $0 + x.stretched(outer + [index[rank], $1]) * y.stretched(outer + [$1, index[rank + 1]])
        }
    }
    let own = leading + (a.extents.count == 1 ? [] : [rows]) + (b.extents.count == 1 ? [] : [columns])
    return Block(own, product.numbers)
}

private func naiveEinsum(_ formula: String, _ a: Block, _ b: Block) -> Block {
    let parts = formula.replacing("->", with: ",").split(separator: ",", omittingEmptySubsequences: false).map {
        Array($0)
    }
    var extents: [Character: Int] = [:]
    for (letters, block) in zip(parts, [a, b]) {
        for (letter, extent) in zip(letters, block.extents) { extents[letter] = extent }
    }
    let summed = Set(parts[0] + parts[1]).subtracting(parts[2]).sorted()
    return Block(parts[2].map { extents[$0] ?? 1 }) { index in
        Block.indices(summed.map { extents[$0] ?? 1 }).reduce(0) { total, inner in
            let places = Dictionary(uniqueKeysWithValues: zip(parts[2] + summed, index + inner))
            return total + a[parts[0].map { places[$0] ?? 0 }] * b[parts[1].map { places[$0] ?? 0 }]
        }
    }
}
