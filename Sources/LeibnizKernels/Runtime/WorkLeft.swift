import Synchronization

/// The units of a piece of work that nobody has begun yet, by the thread whose chunk they belong to.
///
/// A thread takes the first half of what is left of its own chunk, then half of the rest, down to one unit. Who has none left takes
/// the last half of what another has, but for a single unit. So threads work on neighbouring units as long as all are equally fast, and
/// end together where one of them was slower (Blumofe & Leiserson, *Scheduling multithreaded computations by work stealing*, 1999; the
/// halves as in Polychronopoulos & Kuck, *Guided self-scheduling*, 1987).
struct WorkLeft: Sendable {
    /// For each thread the first unit and the one after the last, as the halves of one number, so that both change at once.
    ///
    /// Each range is taken once, so a number that was seen and is still there means what it meant.
    private let ranges: SpacedNumbers
    private let threads: Int

    /// The most units that fit.
    static let greatestCount = Int(Int32.max)

    init(threads: Int) {
        self.threads = threads
        ranges = SpacedNumbers(count: threads)
    }

    /// Begins a piece of work; no thread may be at the last one any more.
    func reset(_ chunk: (_ thread: Int) -> Range<Int>) {
        for thread in 0..<threads { ranges[thread].store(Self.number(chunk(thread)), ordering: .relaxed) }
    }

    /// What a thread should do next; nil when no work is left.
    func next(for thread: Int) -> Range<Int>? {
        if let own = take(from: thread, isOwn: true) { return own }
        for distance in 1..<max(1, threads) {
            if let other = take(from: (thread + distance) % threads, isOwn: false) { return other }
        }
        return nil
    }

    private func take(from owner: Int, isOwn: Bool) -> Range<Int>? {
        var known = ranges[owner].load(ordering: .acquiring)
        while true {
            let left = Self.range(known)
            // The last unit is its owner's: what it reads is probably in that core's cache, and will be asked for in a moment.
            guard left.count > (isOwn ? 0 : 1) else { return nil }
            let count = isOwn ? (left.count + 1) / 2 : left.count / 2
            let (taken, rest) =
                isOwn
                ? (left.prefix(count), left.dropFirst(count)) : (left.suffix(count), left.dropLast(count))
            let (isMine, now) = ranges[owner].compareExchange(
                expected: known, desired: Self.number(rest), ordering: .acquiringAndReleasing)
            if isMine { return taken }
            known = now
        }
    }

    private static func number(_ range: Range<Int>) -> Int { range.lowerBound << 32 | range.upperBound }
    private static func range(_ number: Int) -> Range<Int> { number >> 32..<number & 0xFFFF_FFFF }
}
