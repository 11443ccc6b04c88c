/// A walk over slippery ice with holes to a goal, as Gymnasium's `FrozenLake-v1` with its map of 4 × 4 fields.
///
/// ```
/// S F F F      S: the start, F: ice, H: a hole, G: the goal
/// F H F H
/// F F F H
/// H F F G
/// ```
///
/// A step goes where it should with probability 1/3 and to either side of that with 1/3 each; into the border it stays. Holes and
/// goal end the walk; the goal earns 1.
public struct FrozenLake: Environment {
    /// `frozen-lake`.
    public static let name = "frozen-lake"
    /// Left, down, right, up.
    public static let actions = ActionSpace.choices(4)
    /// One number per field: 1 where the walker is.
    public static let observationSize = 16
    /// 1 for each.
    public static let observationScale: [Float] = Array(repeating: 1, count: 16)
    /// The number of the field, row by row.
    public static let stateSize = 1
    /// 100.
    public static let stepLimit = 100

    /// The number of the field, 0 for the start, row by row.
    public private(set) var field: Int

    private static let map = Array("SFFFFHFHFFFHHFFG"), side = 4

    /// What may come of an action.
    public struct Possibility: Sendable, Hashable {
        /// How probable it is.
        public let probability: Double
        /// Where it leads.
        public let field: Int
        /// What it brings.
        public let transition: Transition
    }

    /// At the start.
    public init(using random: inout SampleRandom) { field = 0 }

    /// The number of the field, 0…15.
    public init?(state: [Double]) {
        guard state.count == 1, let field = Int(exactly: state[0]), Self.map.indices.contains(field) else { return nil }
        self.field = field
    }

    /// The number of the field.
    public var state: [Double] { [Double(field)] }

    /// 1 where the walker is, else 0.
    public var observation: [Float] { Self.map.indices.map { $0 == field ? 1 : 0 } }

    /// One step in a direction or, as likely, to either side of it.
    public mutating func step(_ action: Double, using random: inout SampleRandom) -> Transition {
        let outcomes = Self.possibilities(from: field, Self.actions.choice(action))
        let outcome = outcomes[random.integer(below: outcomes.count)]
        field = outcome.field
        return outcome.transition
    }

    /// What may come of an action on a field: one possibility, or three equally probable ones.
    ///
    /// - Parameters:
    ///   - field: 0…15.
    ///   - action: 0…3.
    /// - Returns: nothing for a field or an action that there is not.
    public static func possibilities(from field: Int, _ action: Int) -> [Possibility] {
        guard map.indices.contains(field), (0..<4).contains(action) else { return [] }
        guard !isEnd(field) else {
            return [Possibility(probability: 1, field: field, transition: Transition(reward: 0, isTerminal: true))]
        }
        return [action + 3, action, action + 1].map { direction in
            let next = neighbour(of: field, direction % 4)
            let transition = Transition(reward: map[next] == "G" ? 1 : 0, isTerminal: isEnd(next))
            return Possibility(probability: 1.0 / 3, field: next, transition: transition)
        }
    }

    private static func isEnd(_ field: Int) -> Bool { map[field] == "H" || map[field] == "G" }

    private static func neighbour(of field: Int, _ direction: Int) -> Int {
        let (row, column) = (field / side, field % side)
        return switch direction {
        case 0: row * side + max(column - 1, 0)
        case 1: min(row + 1, side - 1) * side + column
        case 2: row * side + min(column + 1, side - 1)
        default: max(row - 1, 0) * side + column
        }
    }
}
