@testable import LeibnizCore

/// Tensors made longer: element i of the result is the element of the operand that the mode says.
let paddings: [CompositeEntry] = [
    padding(.constant, [([3], 0, 2, 1), ([2, 3], 1, 0, 4), ([0, 2], 0, 1, 1)]) { place, count in
        (0..<count).contains(place) ? place : nil
    },
    padding(.reflect, [([4], 0, 3, 2), ([2, 5], -1, 1, 4), ([3, 2], 0, 2, 0), ([1, 3], 0, 0, 0)]) { place, count in
        place < 0 ? -place : place < count ? place : 2 * (count - 1) - place
    },
    padding(.replicate, [([4], 0, 3, 2), ([2, 1], 1, 2, 5), ([3, 2], 0, 0, 6)]) { place, count in
        min(max(place, 0), count - 1)
    },
    padding(.circular, [([4], 0, 4, 2), ([2, 3], 1, 1, 3), ([3, 2], -2, 2, 0)]) { place, count in
        (place + count) % count
    },
]

/// - Parameters:
///   - trials: extents, an axis, and how many elements stand before and after.
///   - source: the place of which element i − before is taken, of so many; nil for 0.
private func padding(
    _ mode: PaddingMode, _ trials: [(extents: [Int], axis: Int, before: Int, after: Int)],
    _ source: @escaping @Sendable (_ place: Int, _ count: Int) -> Int?
) -> CompositeEntry {
    CompositeEntry(
        "padded, \(mode.rawValue)",
        trials.map { extents, axis, before, after in
            let place = axis < 0 ? axis + extents.count : axis
            return PrimitiveCase(
                [Operand(extents)], { $0[0].padded(axis: axis, before: before, after: after, mode: mode) }
            ) { blocks in
                var longer = extents
                longer[place] += before + after
                return Block(longer) { index in
                    guard let from = source(index[place] - before, extents[place]) else { return 0 }
                    var index = index
                    index[place] = from
                    return blocks[0][index]
                }
            }
        })
}
