/// Lower and upper bounds of each element of a vector: lᵢ ≤ xᵢ ≤ uᵢ, either of which may be infinite.
struct Box {
    private let bounds: (lower: [Double], upper: [Double])?

    /// All of space.
    static let everything = Box(bounds: nil)

    private init(bounds: (lower: [Double], upper: [Double])?) { self.bounds = bounds }

    init(lower: [Double], upper: [Double]) { self.init(bounds: (lower, upper)) }

    /// P(x): the nearest point within the bounds.
    func projected(_ x: [Double]) -> [Double] {
        guard let (lower, upper) = bounds else { return x }
        return x.indices.map { min(max(x[$0], lower[$0]), upper[$0]) }
    }

    /// P(x − g) − x, which is −g far from the bounds, and zero at a minimum.
    func projectedDescent(at x: [Double], _ gradient: [Double]) -> [Double] {
        bounds == nil ? gradient.scaled(by: -1) : projected(x.subtracting(gradient)).subtracting(x)
    }

    /// Which elements may move downhill: all but those at a bound beyond which the value falls. `nil` means all.
    func free(at x: [Double], _ gradient: [Double]) -> [Bool]? {
        guard let (lower, upper) = bounds else { return nil }
        let free = x.indices.map { !(x[$0] <= lower[$0] && gradient[$0] > 0 || x[$0] >= upper[$0] && gradient[$0] < 0) }
        return free.contains(false) ? free : nil
    }

    /// Which of the elements a direction would lead out of the box at once; `nil` if none.
    func leaving(_ x: [Double], along d: [Double]) -> [Bool]? {
        guard let (lower, upper) = bounds else { return nil }
        let leaving = x.indices.map { x[$0] <= lower[$0] && d[$0] < 0 || x[$0] >= upper[$0] && d[$0] > 0 }
        return leaving.contains(true) ? leaving : nil
    }

    /// The largest t for which x + t·d is within the bounds.
    func distance(from x: [Double], along d: [Double]) -> Double {
        guard let (lower, upper) = bounds else { return .infinity }
        var distance = Double.infinity
        for place in x.indices where d[place] != 0 {
            let bound = d[place] > 0 ? upper[place] : lower[place]
            distance = min(distance, (bound - x[place]) / d[place])
        }
        return max(0, distance)
    }
}
