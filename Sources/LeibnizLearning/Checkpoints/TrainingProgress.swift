import LeibnizData

/// How far a training has come, beside the numbers that tensors hold.
public struct TrainingProgress: Sendable, Hashable {
    /// The updates done.
    public var step: Int
    /// The number of the pass over the data.
    public var epoch: Int
    /// Where the next batch is taken; nil without a loader.
    public var loader: LoaderPosition?
    /// Numbers by name: what a schedule, an early stop or a running mean remembers.
    public var numbers: [String: Double]
    /// With which settings the training runs: names and values as its command line has them.
    public var configuration: [String: String]

    /// A state of progress; the beginning by default.
    public init(
        step: Int = 0, epoch: Int = 0, loader: LoaderPosition? = nil, numbers: [String: Double] = [:],
        configuration: [String: String] = [:]
    ) {
        (self.step, self.epoch, self.loader) = (step, epoch, loader)
        (self.numbers, self.configuration) = (numbers, configuration)
    }
}

extension TrainingProgress {
    /// Numbers travel as their bits, so that NaN and infinity do, too.
    var json: JSONValue {
        .object([
            ("step", .whole(step)), ("epoch", .whole(epoch)), ("loader", loader?.json ?? .null),
            (
                "numbers",
                .object(
                    numbers.sorted { $0.key < $1.key }.map {
                        ($0.key, .whole(Int(truncatingIfNeeded: $0.value.bitPattern)))
                    })
            ),
            ("configuration", .object(configuration.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })),
        ])
    }

    /// - Returns: nil where a part is missing or of another type.
    init?(_ json: JSONValue) {
        guard let step = json["step"]?.whole, let epoch = json["epoch"]?.whole, let loader = json["loader"],
            let numbers = json["numbers"]?.members, let configuration = json["configuration"]?.members
        else { return nil }
        self.init(step: step, epoch: epoch)
        if case .null = loader {
            self.loader = nil
        } else {
            guard let position = LoaderPosition(loader) else { return nil }
            self.loader = position
        }
        for (name, value) in numbers {
            guard let bits = value.whole else { return nil }
            self.numbers[name] = Double(bitPattern: UInt64(bitPattern: Int64(bits)))
        }
        for (name, value) in configuration {
            guard let text = value.text else { return nil }
            self.configuration[name] = text
        }
    }
}
