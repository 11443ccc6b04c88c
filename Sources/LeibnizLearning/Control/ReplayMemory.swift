import LeibnizCore
import LeibnizData

/// The last transitions that were seen, from which updates draw (Lin 1992).
struct ReplayMemory {
    let capacity: Int
    private let width: Int
    private var observations: [Float]
    private var reached: [Float]
    private var actions: [Float]
    private var rewards: [Float]
    /// 1 where there is a future, else 0.
    private var goesOn: [Float]
    /// How many were ever added.
    private(set) var added = 0

    /// - Parameter width: how many numbers an observation has.
    init(capacity: Int, width: Int) {
        (self.capacity, self.width) = (capacity, width)
        observations = Array(repeating: 0, count: capacity * width)
        reached = observations
        actions = Array(repeating: 0, count: capacity)
        (rewards, goesOn) = (actions, actions)
    }

    /// How many it holds.
    var count: Int { min(added, capacity) }

    /// Adds a transition in the place of the oldest one.
    mutating func add(
        _ observation: ArraySlice<Float>, action: Float, reward: Float, reached: ArraySlice<Float>, isTerminal: Bool
    ) {
        let place = added % capacity
        observations.replaceSubrange(place * width..<(place + 1) * width, with: observation)
        self.reached.replaceSubrange(place * width..<(place + 1) * width, with: reached)
        (actions[place], rewards[place], goesOn[place]) = (action, reward, isTerminal ? 0 : 1)
        added += 1
    }

    /// Transitions drawn with replacement: observations, actions, rewards, what was reached, and whether it goes on.
    func sample(_ size: Int, using random: inout SampleRandom) -> [Tensor] {
        let places = (0..<size).map { _ in random.integer(below: count) }
        return [
            places.flatMap { observations.row($0, width: width) }.rows(width), places.map { actions[$0] }.rows(),
            places.map { rewards[$0] }.rows(), places.flatMap { reached.row($0, width: width) }.rows(width),
            places.map { goesOn[$0] }.rows(),
        ]
    }

    /// All of it, for a checkpoint.
    var cells: [String: Variable] {
        [
            "memory.observations": Variable(observations.rows()), "memory.reached": Variable(reached.rows()),
            "memory.actions": Variable(actions.rows()), "memory.rewards": Variable(rewards.rows()),
            "memory.goes_on": Variable(goesOn.rows()),
            "memory.added": Variable(Tensor(Double(added), .float64)),
        ]
    }

    /// Takes over what cells hold.
    mutating func restore(_ cells: [String: Variable]) throws {
        func numbers(_ name: String, like known: [Float]) throws -> [Float] {
            let found = try cells["memory.\(name)"]?.value.array(of: Float.self) ?? []
            guard found.count == known.count else {
                throw DataError(
                    .argument, "the memory is not of this size", in: name, found: "\(found.count) numbers",
                    expected: "\(known.count)")
            }
            return found
        }
        var restored = self
        restored.observations = try numbers("observations", like: observations)
        restored.reached = try numbers("reached", like: reached)
        restored.actions = try numbers("actions", like: actions)
        restored.rewards = try numbers("rewards", like: rewards)
        restored.goesOn = try numbers("goes_on", like: goesOn)
        restored.added = Int(exactly: try cells["memory.added"]?.value.item() ?? 0) ?? 0
        self = restored
    }
}
