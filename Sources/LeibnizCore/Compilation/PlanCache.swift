import Foundation
import LeibnizKernels
import Synchronization

/// Plans by what they compute: the least recently used of them go when there are too many.
final class PlanCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        var lastUse: Int
    }
    private struct State {
        var entries: [Key: Entry] = [:]
        var clock = 0
        /// What was asked for last: a loop asks for the same again and again, which then need not be hashed.
        var recent: (key: Key, value: Value)?
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// A cache of at most `capacity` values.
    init(capacity: Int) { self.capacity = capacity }

    /// The value known for a key, or `make()`, which is then known. Two threads that miss at once both make it.
    ///
    /// - Parameter isOutdated: whether a known value must be made again.
    func value(for key: Key, unless isOutdated: (Value) -> Bool = { _ in false }, make: () throws -> Value) rethrows
        -> Value
    {
        let known = state.withLock { state -> Value? in
            if let recent = state.recent, recent.key == key { return recent.value }
            state.clock += 1
            state.entries[key]?.lastUse = state.clock
            guard let value = state.entries[key]?.value else { return nil }
            state.recent = (key, value)
            return value
        }
        if let known, !isOutdated(known) { return known }
        let value = try make()
        state.withLock { state in
            state.entries[key] = Entry(value: value, lastUse: state.clock)
            state.recent = nil
            while state.entries.count > capacity,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
            }
        }
        return value
    }

    /// What was asked for last, if its key is as wanted: a loop need not make a key anew to find that it has not changed.
    func recent(where isWanted: (Key) -> Bool) -> Value? {
        guard let recent = state.withLock({ $0.recent }), isWanted(recent.key) else { return nil }
        return recent.value
    }

    /// The number of values kept.
    var count: Int { state.withLock { $0.entries.count } }
}

/// Counts plans made, and warns when one place in a program keeps making new ones.
enum Retracing {
    private struct Site {
        var count = 0
        var last: GraphSignature
    }
    private static let sites = Mutex<[Int: Site]>([:])
    private static let plans = Atomic<Int>(0)
    /// So many different plans of one outline are taken for an accident.
    private static let limit = 24

    /// How many plans this process has made.
    static var planCount: Int { plans.load(ordering: .relaxed) }

    /// Counts a plan that was not in the cache.
    static func note(_ signature: GraphSignature) {
        plans.add(1, ordering: .relaxed)
        if signature.isCreation { return }
        let warning = sites.withLock { sites -> String? in
            if sites.count > 4096 { sites.removeAll() }
            let outline = signature.outline
            var site = sites[outline] ?? Site(last: signature)
            defer { sites[outline] = site }
            site.count += 1
            guard site.count == limit else {
                site.last = signature
                return nil
            }
            return signature.difference(from: site.last)
        }
        guard let warning else { return }
        let text =
            "leibniz: the same operations were compiled \(limit) times because something changes from call to call: \(warning). Keep shapes fixed, and numbers that change in Double variables or a Variable.\n"
        FileHandle.standardError.write(Data(text.utf8))
    }
}
