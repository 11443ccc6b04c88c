import LeibnizCore

/// Any rule over as many regions as are wanted: along an axis of extent n, place i of o sees ⌊i·n/o⌋ ..< ⌈(i + 1)·n/o⌉.
///
/// These are PyTorch's regions; they overlap where o does not divide n. A number of places is `nil` where the axis shall stay
/// as it is.
public struct AdaptivePool<Rule: PoolingRule>: Layer {
    /// What is made of each region.
    public let rule: Rule
    private let outputs: [Int?]

    /// Regions for `outputs` places along each of the last axes: `AdaptivePool(.average, [7, 7])`.
    public init(_ rule: Rule, _ outputs: [Int?]) {
        (self.rule, self.outputs) = (rule, outputs)
        nameParameters()
    }

    /// Regions for `outputs` places along each of `dimensions` axes, the last ones; 2 by default.
    public init(_ rule: Rule, _ outputs: Int, dimensions: Int = 2) {
        self.init(rule, Array(repeating: outputs, count: Swift.max(0, dimensions)))
    }

    /// [leading…, map…] → [leading…, outputs…].
    public func callAsFunction(_ x: Tensor) -> Tensor {
        .orRefused { () throws(TensorError) in rule.pooled(try regions(of: x)) }
    }

    func regions(of x: Tensor) throws(TensorError) -> PoolingRegions {
        if let error = x.error { throw error }
        let extents = x.shape.extents.suffix(outputs.count).map { $0 }
        guard !outputs.isEmpty, extents.count == outputs.count, !extents.contains(0),
            outputs.allSatisfy({ ($0 ?? 1) > 0 })
        else {
            throw Tensor.refusal(
                "AdaptivePool", [x], "there are no regions for \(outputs.map { $0 ?? -1 }) places", kind: .value,
                hint: "name a positive number of places, or nil, for each of the last axes")
        }
        let places = zip(outputs, extents).map { $0 ?? $1 }
        if zip(extents, places).allSatisfy({ $0 % $1 == 0 }) {
            let size = zip(extents, places).map { $0 / $1 }
            return try PoolingWindows("AdaptivePool", rank: size.count, size: size).regions(of: x)
        }
        let lists = zip(extents, places).map { extent, places in
            (0..<places).map { Array($0 * extent / places..<(($0 + 1) * extent + places - 1) / places) }
        }
        return PoolingRegions(name: "AdaptivePool", lists: lists, of: x)
    }
}
