import LeibnizKernels

/// Rows of which some are brought beside each other, so that vectors run along them where rows are short.
struct RowGroups {
    /// The rows beside each other.
    static let size = 16

    /// How many rows there are.
    let count: Int

    /// [rows, n, 1] → [groups, n, rows of a group]; the last group is filled up with zeros.
    func gathered(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let groups = (count + Self.size - 1) / Self.size
        return x.padded(axis: 0, before: 0, after: groups * Self.size - count)
            .reshaped(to: [groups, Self.size, x.type.shape[1]]).transposed([0, 2, 1])
    }

    /// [groups, n, rows of a group] → [rows, n, 1].
    func scattered(_ x: Tensor) -> Tensor {
        if x.isInvalid { return x }
        let shape = x.type.shape
        return x.transposed([0, 2, 1]).reshaped(to: [shape[0] * Self.size, shape[1], 1])
            .sliced(axis: 0, start: 0, count: count)
    }
}
