/// A rectangular array in plain Swift, read and written one index at a time: what the library is compared with. It shares
/// nothing with it.
struct Block: Sendable {
    let extents: [Int]
    var numbers: [Double]

    /// A block of numbers in row-major order.
    init(_ extents: [Int], _ numbers: [Double]) { (self.extents, self.numbers) = (extents, numbers) }

    /// A block whose elements follow from their index.
    init(_ extents: [Int], _ element: ([Int]) -> Double) {
        self.extents = extents
        numbers = Block.indices(extents).map(element)
    }

    /// A block of one number.
    init(_ extents: [Int], of number: Double) {
        self.init(extents, Array(repeating: number, count: extents.reduce(1, *)))
    }

    subscript(_ index: [Int]) -> Double {
        get { numbers[place(index)] }
        set { numbers[place(index)] = newValue }
    }

    /// The element at an index of a larger rank or extent, by NumPy's rule.
    func stretched(_ index: [Int]) -> Double {
        let own = index.suffix(extents.count)
        return self[zip(own, extents).map { $1 == 1 ? 0 : $0 }]
    }

    private func place(_ index: [Int]) -> Int {
        var place = 0
        for (position, extent) in zip(index, extents) {
            precondition(position >= 0 && position < extent)
            place = place * extent + position
        }
        return place
    }

    /// All indices, the last axis fastest.
    static func indices(_ extents: [Int]) -> [[Int]] {
        var indices: [[Int]] = [[]]
        for extent in extents {
            var longer: [[Int]] = []
            for index in indices { for position in 0..<extent { longer.append(index + [position]) } }
            indices = longer
        }
        return indices
    }

    /// The elements of each region along `axes`, with the index that the region has in the result.
    func regions(_ axes: [Int]) -> [(index: [Int], elements: [Double])] {
        let kept = extents.indices.filter { !axes.contains($0) }
        return Block.indices(kept.map { extents[$0] }).map { outer in
            let elements = Block.indices(axes.map { extents[$0] }).map { inner in
                var index = Array(repeating: 0, count: extents.count)
                for (axis, position) in zip(kept, outer) { index[axis] = position }
                for (axis, position) in zip(axes, inner) { index[axis] = position }
                return self[index]
            }
            return (outer, elements)
        }
    }

    /// Each region along `axes` combined into one number.
    func reduced(_ axes: [Int], _ combine: ([Double]) -> Double) -> Block {
        let regions = regions(axes)
        return Block(
            extents.indices.filter { !axes.contains($0) }.map { extents[$0] }, regions.map { combine($0.elements) })
    }

    /// Each row along an axis replaced by another of any common length.
    func rows(_ axis: Int, length: Int, _ change: ([Double]) -> [Double]) -> Block {
        var extents = extents
        extents[axis] = length
        var result = Block(extents, of: 0)
        for (outer, row) in regions([axis]) {
            for (position, number) in change(row).enumerated() {
                var index = outer
                index.insert(position, at: axis)
                result[index] = number
            }
        }
        return result
    }
}
