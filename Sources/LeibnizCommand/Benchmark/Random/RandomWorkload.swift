import Leibniz

/// A program drawn by chance, or one that a description names.
struct RandomWorkload: Decodable, Sendable {
    let program: any RandomProgram

    /// All kinds of programs.
    private static let kinds: [any RandomProgram.Type] = [
        RandomConvolution.self, RandomPool.self, RandomContraction.self, RandomReduction.self,
        RandomTransposition.self, RandomConcatenation.self, RandomPrefixSum.self, RandomChain.self,
    ]

    /// What a description lacks.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    private enum Member: String, CodingKey { case kind }

    /// Reads a description such as `{"kind":"transpose","type":"float32","input":[64,48],"order":[1,0]}`.
    init(from decoder: any Decoder) throws {
        let name = try decoder.container(keyedBy: Member.self).decode(String.self, forKey: .kind)
        guard let kind = Self.kinds.first(where: { $0.kind == name }) else {
            throw Unusable(
                description: "no kind of description is called \(name): there are "
                    + Self.kinds.map { $0.kind }.joined(separator: ", "))
        }
        program = try kind.init(from: decoder)
        if let flaw { throw Unusable(description: "\(json): \(flaw)") }
    }

    /// Draws until a program takes about as long as its reader can wait, and longer than calling it takes.
    init(drawnFrom generator: inout SplitMix) {
        let kind = Self.kinds[Int.random(in: Self.kinds.indices, using: &generator)]
        var drawn = RandomWorkload(program: kind.init(drawnFrom: &generator))
        while !drawn.isSuitable { drawn = RandomWorkload(program: kind.init(drawnFrom: &generator)) }
        self = drawn
    }

    private init(program: any RandomProgram) { self.program = program }

    /// So many programs, the same for the same seed.
    static func drawn(_ count: Int, seed: Int) -> [RandomWorkload] {
        var generator = SplitMix(seed: UInt64(bitPattern: Int64(seed)))
        return (0..<count).map { _ in RandomWorkload(drawnFrom: &generator) }
    }

    /// So many programs as workloads named `random-1` and so on.
    static func workloads(_ count: Int, seed: Int) -> [Workload] {
        drawn(count, seed: seed).enumerated().map { $1.workload(named: name($0 + 1)) }
    }

    /// The place of a program among those that are drawn, from 1 on; nil where it is no such name.
    static func number(_ name: String) -> Int? {
        guard name.hasPrefix(namePrefix), let number = Int(name.dropFirst(namePrefix.count)),
            (1...most).contains(number), name == Self.name(number)
        else { return nil }
        return number
    }

    private static func name(_ number: Int) -> String { namePrefix + "\(number)" }
    private static let namePrefix = "random-"
    /// The most programs that are drawn.
    static let most = 1_000_000

    /// The description.
    var json: JSONValue {
        let members = Mirror(reflecting: program).children.map { (key: $0.label ?? "", value: JSONValue(of: $0.value)) }
        return .object([(key: "kind", value: .text(type(of: program).kind))] + members)
    }

    /// The program, to be timed and checked.
    func workload(named name: String) -> Workload {
        let program = program
        let scale = Double(program.type.elementType.byteCount) / 4
        return Workload(
            name: name, summary: summary,
            passes: program.passes.map { Pass(operations: $0.operations, bytes: scale * $0.bytes) },
            type: program.type.elementType, description: json
        ) { try program.iteration($0) }
    }

    private var summary: String {
        program.summary + (program.type == .float64 ? ", float64" : "") + (program.gradient ? ", gradients" : "")
    }

    /// Why there is no such program, or none whose inputs have a place here.
    private var flaw: String? {
        let extents = program.inputs.flatMap { $0 }
        if extents.contains(where: { $0 < 1 }) { return "extents are at least 1" }
        let most = 1 << 28
        if program.inputs.contains(where: { $0.volume > Double(most) }) {
            return "an input has at most \(most) elements"
        }
        return program.flaw
    }

    /// Whether the program takes between 50 µs and 20 ms on a processor of 50 GFLOP/s and 15 GB/s at best, and neither
    /// takes nor gives more than about four million elements.
    private var isSuitable: Bool {
        guard flaw == nil else { return false }
        let most = Double(1 << 22)
        guard program.inputs.reduce(0, { $0 + $1.volume }) <= most, program.passes[0].bytes <= 4 * 2 * most else {
            return false
        }
        let seconds = workload(named: "").leastSeconds(operationsPerSecond: 50e9, bytesPerSecond: 15e9)
        return (50e-6...20e-3).contains(seconds)
    }
}

extension JSONValue {
    /// A stored property of a program.
    fileprivate init(of value: Any) {
        self =
            switch value {
            case let flag as Bool: .flag(flag)
            case let number as Int: .whole(number)
            case let text as String: .text(text)
            case let name as any RawRepresentable<String>: .text(name.rawValue)
            case let list as [Any]: .array(list.map { JSONValue(of: $0) })
            default: .null
            }
    }
}
