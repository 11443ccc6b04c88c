/// The order of the elements within each row of a matrix: a stable argsort, which no loop nest expresses well.
public struct RowSort: Hashable, Sendable {
    /// The type of the keys.
    public var type: ElementType
    /// The number of rows, each sorted by itself.
    public var rows: Int
    /// The number of keys in a row.
    public var length: Int
    /// Whether the greatest comes first.
    public var descending: Bool

    /// An argsort of `rows` rows of `length` keys.
    public init(type: ElementType, rows: Int, length: Int, descending: Bool = false) {
        self.type = type
        self.rows = rows
        self.length = length
        self.descending = descending
    }
}

/// A stable argsort of every row.
///
/// Buffers: the keys `[rows, length]`, then the positions within the row `[rows, length]` of type `int64`. NaN counts as
/// greatest, −0 equals +0, equal keys keep their order, also when descending.
///
/// Keys become unsigned integers of the same order, which are sorted byte by byte from the least significant (Knuth,
/// TAOCP 3, 5.2.5): O(length · bytes) time, O(length) extra memory; bytes that are equal throughout a row cost one look.
public struct RowSortKernel: Kernel {
    /// What it sorts.
    public let sort: RowSort

    /// A kernel for a sort.
    public init(_ sort: RowSort) { self.sort = sort }

    /// Sorts all rows; never touches `status`.
    public func run(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, status: UnsafeMutablePointer<KernelStatus>,
        pool: ThreadPool
    ) {
        guard sort.rows > 0, sort.length > 0 else { return }
        sortRows(0..<sort.rows, keys: buffers[0], positions: buffers[1].assumingMemoryBound(to: Int64.self))
    }

    private func sortRows(_ rows: Range<Int>, keys: UnsafeRawPointer, positions: UnsafeMutablePointer<Int64>) {
        let length = sort.length
        let scratch = RowScratch(length: length)
        defer { scratch.deallocate() }
        for row in rows {
            let first = row * length
            var column = 0
            while column < length {
                let key = orderedKey(keys, first + column)
                scratch.keys[column] = sort.descending ? ~key : key
                scratch.positions[column] = Int64(column)
                column += 1
            }
            if length <= 24 { scratch.insertionSort() } else { scratch.radixSort() }
            (positions + first).update(from: scratch.positions, count: length)
        }
    }

    /// The key at an element index as an unsigned integer that compares as the key does.
    private func orderedKey(_ keys: UnsafeRawPointer, _ index: Int) -> UInt64 {
        switch sort.type {
        case .float32:
            let x = keys.assumingMemoryBound(to: Float.self)[index]
            if x.isNaN { return UInt64(UInt32.max) }
            let bits = (x == 0 ? 0 : x).bitPattern
            return UInt64(bits >> 31 == 0 ? bits | 1 << 31 : ~bits)
        case .float64:
            let x = keys.assumingMemoryBound(to: Double.self)[index]
            if x.isNaN { return .max }
            let bits = (x == 0 ? 0 : x).bitPattern
            return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
        case .int32:
            return UInt64(UInt32(bitPattern: keys.assumingMemoryBound(to: Int32.self)[index]) ^ 1 << 31)
        case .int64:
            return UInt64(bitPattern: keys.assumingMemoryBound(to: Int64.self)[index]) ^ 1 << 63
        case .uint8:
            return UInt64(keys.assumingMemoryBound(to: UInt8.self)[index])
        case .bool:
            return keys.assumingMemoryBound(to: UInt8.self)[index] == 0 ? 0 : 1
        }
    }
}

/// Keys with their positions, twice, and a histogram of bytes.
private struct RowScratch {
    let length: Int
    let keys, otherKeys: UnsafeMutablePointer<UInt64>
    let positions, otherPositions: UnsafeMutablePointer<Int64>
    let counts: UnsafeMutablePointer<Int>

    init(length: Int) {
        self.length = length
        (keys, otherKeys) = (.allocate(capacity: length), .allocate(capacity: length))
        (positions, otherPositions) = (.allocate(capacity: length), .allocate(capacity: length))
        counts = .allocate(capacity: 256)
        // An odd number of passes copies back whole arrays, so all of them hold something from the start.
        otherKeys.initialize(repeating: 0, count: length)
        otherPositions.initialize(repeating: 0, count: length)
        counts.initialize(repeating: 0, count: 256)
    }

    func deallocate() {
        keys.deallocate()
        otherKeys.deallocate()
        positions.deallocate()
        otherPositions.deallocate()
        counts.deallocate()
    }

    /// Quicker than counting for a few keys.
    func insertionSort() {
        var next = 1
        while next < length {
            let (key, position) = (keys[next], positions[next])
            var place = next
            while place > 0 && keys[place - 1] > key {
                keys[place] = keys[place - 1]
                positions[place] = positions[place - 1]
                place -= 1
            }
            keys[place] = key
            positions[place] = position
            next += 1
        }
    }

    /// One stable counting sort per byte that differs somewhere; leaves the result in `keys` and `positions`.
    func radixSort() {
        var differing: UInt64 = 0
        var index = 1
        while index < length {
            differing |= keys[index] ^ keys[0]
            index += 1
        }
        var (from, to) = ((keys, positions), (otherKeys, otherPositions))
        for shift in stride(from: UInt64(0), to: 64, by: 8) where (differing >> shift) & 255 != 0 {
            countBytes(of: from.0, shift)
            index = 0
            while index < length {
                let digit = Int((from.0[index] &>> shift) & 255)
                let place = counts[digit]
                counts[digit] = place + 1
                to.0[place] = from.0[index]
                to.1[place] = from.1[index]
                index += 1
            }
            swap(&from, &to)
        }
        if from.1 != positions { positions.update(from: from.1, count: length) }
    }

    /// Fills `counts` with the place of the first key of every byte.
    private func countBytes(of keys: UnsafeMutablePointer<UInt64>, _ shift: UInt64) {
        counts.update(repeating: 0, count: 256)
        var index = 0
        while index < length {
            counts[Int((keys[index] &>> shift) & 255)] += 1
            index += 1
        }
        var first = 0
        var digit = 0
        while digit < 256 {
            (counts[digit], first) = (first, first + counts[digit])
            digit += 1
        }
    }
}
