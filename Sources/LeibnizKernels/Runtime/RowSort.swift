/// The order of the elements within each row of a matrix, or the beginning of it: a stable argsort, which no loop nest expresses well.
public struct RowSort: Hashable, Sendable {
    /// The type of the keys.
    public var type: ElementType
    /// The number of rows, each sorted by itself.
    public var rows: Int
    /// The number of keys in a row.
    public var length: Int
    /// How many positions of each row are wanted, at most `length`.
    public var kept: Int
    /// Whether the greatest comes first.
    public var descending: Bool

    /// An argsort of `rows` rows of `length` keys.
    ///
    /// - Parameter kept: how many positions of each row are wanted; all by default.
    public init(type: ElementType, rows: Int, length: Int, kept: Int? = nil, descending: Bool = false) {
        self.type = type
        self.rows = rows
        self.length = length
        self.kept = kept ?? length
        self.descending = descending
    }
}

/// A stable argsort of every row, or of what comes first in it.
///
/// Buffers: the keys `[rows, length]`, then the positions within the row `[rows, kept]` of type `int64`. NaN counts as
/// greatest, −0 equals +0, equal keys keep their order, also when descending.
///
/// Keys become unsigned integers of the same order, which are sorted byte by byte from the least significant (Knuth,
/// TAOCP 3, 5.2.5): O(length · bytes) time, O(length) extra memory; bytes that are equal throughout a row cost one look.
/// Where only some positions are wanted, bytes from the most significant on tell first which keys these can be.
public struct RowSortKernel: Kernel {
    /// What it sorts.
    public let sort: RowSort

    /// The fewest keys that are worth several threads.
    private static let parallelCount = 8192

    /// A kernel for a sort.
    public init(_ sort: RowSort) { self.sort = sort }

    /// Sorts all rows; never touches `status`.
    public func run(
        _ buffers: UnsafePointer<UnsafeMutableRawPointer>, status: UnsafeMutablePointer<KernelStatus>,
        pool: ThreadPool
    ) {
        guard sort.rows > 0, sort.kept > 0 else { return }
        let keys = UnsafeRawPointer(buffers[0])
        let positions = buffers[1].assumingMemoryBound(to: Int64.self)
        func work(_ begin: Int, _ end: Int, _ worker: Int) {
            if begin == end { return }
            if sort.type.byteCount <= 4, sort.length <= UInt32.max {
                sortRows(begin..<end, RowScratch<NarrowItem>(length: sort.length), keys, positions)
            } else {
                sortRows(begin..<end, RowScratch<WideItem>(length: sort.length), keys, positions)
            }
        }
        if sort.rows > 1, sort.rows * sort.length >= Self.parallelCount {
            pool.run(units: sort.rows, work)
        } else {
            work(0, sort.rows, 0)
        }
    }

    private func sortRows<Item>(
        _ rows: Range<Int>, _ scratch: RowScratch<Item>, _ keys: UnsafeRawPointer,
        _ positions: UnsafeMutablePointer<Int64>
    ) {
        defer { scratch.deallocate() }
        for row in rows {
            let count = fill(scratch, keys, first: row * sort.length)
            scratch.sort(count, keeping: sort.kept)
            var place = 0
            while place < sort.kept {
                positions[row * sort.kept + place] = Int64(scratch.items[place].position)
                place += 1
            }
        }
    }

    /// So many candidates for few positions are gathered before it is seen which they are.
    private var candidates: Int { max(256, 4 * sort.kept) }

    /// Makes items of a row's elements, whose keys are unsigned integers that compare as the elements do; leaves out what comes too late
    /// to be wanted where only few are. Returns how many there are.
    private func fill<Item>(_ scratch: RowScratch<Item>, _ elements: UnsafeRawPointer, first: Int) -> Int {
        let mask: UInt64 = !sort.descending ? 0 : sort.type.byteCount <= 4 ? UInt64(UInt32.max) : .max
        func fill<Element>(_ key: (Element) -> UInt64) -> Int {
            let row = elements.assumingMemoryBound(to: Element.self) + first
            let (all, room) = (sort.length, min(sort.length, candidates))
            let isWhole = sort.kept == all
            var column = 0
            while column < (isWhole ? all : room) {
                scratch.items[column] = Item(key: key(row[column]) ^ mask, position: column)
                column += 1
            }
            if column == all { return all }
            var (count, last) = (room, UInt64.max)
            while true {
                // Of equal keys the first ones stay: a later one must be less than the last that is kept.
                scratch.sort(count, keeping: sort.kept)
                (count, last) = (sort.kept, scratch.items[sort.kept - 1].key)
                while column < all, count < room {
                    let key = key(row[column]) ^ mask
                    if key < last {
                        scratch.items[count] = Item(key: key, position: column)
                        count += 1
                    }
                    column += 1
                }
                if column == all { return count }
            }
        }
        return switch sort.type {
        case .float32:
            fill { (x: Float) in
                let bits = (x == 0 ? 0 : x).bitPattern
                return x.isNaN ? UInt64(UInt32.max) : UInt64(bits >> 31 == 0 ? bits | 1 << 31 : ~bits)
            }
        case .float64:
            fill { (x: Double) in
                let bits = (x == 0 ? 0 : x).bitPattern
                return x.isNaN ? .max : bits >> 63 == 0 ? bits | 1 << 63 : ~bits
            }
        case .int32: fill { (x: Int32) in UInt64(UInt32(bitPattern: x) ^ 1 << 31) }
        case .int64: fill { (x: Int64) in UInt64(bitPattern: x) ^ 1 << 63 }
        case .uint8: fill { (x: UInt8) in UInt64(x) }
        case .bool: fill { (x: UInt8) in x == 0 ? 0 : 1 }
        }
    }
}

/// A key and the position that it came from.
private protocol KeyedPosition: BitwiseCopyable {
    /// The bits that keys may have.
    static var keyBits: Int { get }
    init(key: UInt64, position: Int)
    var key: UInt64 { get }
    var position: Int { get }
}

/// Both in one number, for keys of 32 bits: half as much to move.
private struct NarrowItem: KeyedPosition {
    static var keyBits: Int { 32 }
    private let bits: UInt64
    init(key: UInt64, position: Int) { bits = key << 32 | UInt64(truncatingIfNeeded: position) }
    var key: UInt64 { bits >> 32 }
    var position: Int { Int(bits & UInt64(UInt32.max)) }
}

private struct WideItem: KeyedPosition {
    static var keyBits: Int { 64 }
    let key: UInt64
    let position: Int
}

/// The items of a row, room for as many again, and counts of bytes.
private struct RowScratch<Item: KeyedPosition> {
    let items: UnsafeMutablePointer<Item>
    private let others: UnsafeMutablePointer<Item>
    private let counts: UnsafeMutablePointer<Int>
    /// So few items are quicker to sort than to count.
    private static var few: Int { 24 }

    init(length: Int) {
        (items, others) = (.allocate(capacity: length), .allocate(capacity: length))
        counts = .allocate(capacity: 256)
        for memory in [items, others] { memory.initialize(repeating: Item(key: 0, position: 0), count: length) }
        counts.initialize(repeating: 0, count: 256)
    }

    func deallocate() {
        items.deallocate()
        others.deallocate()
        counts.deallocate()
    }

    /// Brings the first `kept` of `count` items in the order of their keys to the front.
    func sort(_ count: Int, keeping kept: Int) {
        let count = kept < count ? select(kept, of: count) : count
        if count <= Self.few { insertionSort(count) } else { radixSort(count) }
    }

    /// Moves all items that may be among the first `kept` to the front, equal ones in the order in which they were; returns how many.
    private func select(_ kept: Int, of count: Int) -> Int {
        // Those of the first `sure` belong there, of the next `open` some.
        var (sure, open) = (0, count)
        var shift = UInt64(Item.keyBits)
        while shift > 0, sure + open > max(kept, Self.few) {
            shift -= 8
            countBytes(sure..<sure + open, shift)
            var (digit, below) = (0, 0)
            while below + counts[digit] < kept - sure {
                below += counts[digit]
                digit += 1
            }
            if counts[digit] == open { continue }
            var (next, equal, index) = (sure, 0, sure)
            while index < sure + open {
                let item = items[index]
                let own = Int((item.key &>> shift) & 255)
                if own < digit {
                    items[next] = item
                    next += 1
                } else if own == digit {
                    others[equal] = item
                    equal += 1
                }
                index += 1
            }
            (items + next).update(from: others, count: equal)
            (sure, open) = (next, equal)
        }
        return sure + open
    }

    private func insertionSort(_ count: Int) {
        var next = 1
        while next < count {
            let item = items[next]
            var place = next
            while place > 0 && items[place - 1].key > item.key {
                items[place] = items[place - 1]
                place -= 1
            }
            items[place] = item
            next += 1
        }
    }

    /// One stable counting sort per byte that differs somewhere.
    private func radixSort(_ count: Int) {
        var differing: UInt64 = 0
        var index = 1
        while index < count {
            differing |= items[index].key ^ items[0].key
            index += 1
        }
        var (from, to) = (items, others)
        for shift in stride(from: UInt64(0), to: UInt64(Item.keyBits), by: 8) where (differing >> shift) & 255 != 0 {
            countPlaces(of: from, count, shift)
            index = 0
            while index < count {
                let digit = Int((from[index].key &>> shift) & 255)
                let place = counts[digit]
                counts[digit] = place + 1
                to[place] = from[index]
                index += 1
            }
            swap(&from, &to)
        }
        if from != items { items.update(from: from, count: count) }
    }

    /// Fills `counts` with how often each byte occurs.
    private func countBytes(_ range: Range<Int>, _ shift: UInt64, of items: UnsafeMutablePointer<Item>? = nil) {
        let items = items ?? self.items
        counts.update(repeating: 0, count: 256)
        var index = range.lowerBound
        while index < range.upperBound {
            counts[Int((items[index].key &>> shift) & 255)] += 1
            index += 1
        }
    }

    /// Fills `counts` with the place of the first item of every byte.
    private func countPlaces(of items: UnsafeMutablePointer<Item>, _ count: Int, _ shift: UInt64) {
        countBytes(0..<count, shift, of: items)
        var (first, digit) = (0, 0)
        while digit < 256 {
            (counts[digit], first) = (first, first + counts[digit])
            digit += 1
        }
    }
}
