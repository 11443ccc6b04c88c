/// Arithmetic of vectors in memory, for what methods compute between two calls of the function.
extension [Double] {
    /// Σ aᵢ·bᵢ.
    func dot(_ other: [Double]) -> Double {
        var sum = 0.0
        for place in indices { sum += self[place] * other[place] }
        return sum
    }

    /// The Euclidean norm, without overflow.
    var norm: Double {
        let largest = maximumNorm
        guard largest > 0, largest.isFinite else { return largest }
        var sum = 0.0
        for element in self { sum += (element / largest) * (element / largest) }
        return largest * sum.squareRoot()
    }

    /// The largest magnitude; NaN if any element is.
    var maximumNorm: Double {
        var largest = 0.0
        for element in self {
            if element.isNaN { return .nan }
            largest = Swift.max(largest, abs(element))
        }
        return largest
    }

    /// Whether every element is a finite number.
    var isFinite: Bool { allSatisfy(\.isFinite) }

    /// a + t·b.
    func adding(_ other: [Double], times t: Double = 1) -> [Double] {
        var sum = self
        for place in indices { sum[place] += t * other[place] }
        return sum
    }

    /// a − b.
    func subtracting(_ other: [Double]) -> [Double] { adding(other, times: -1) }

    /// t·a.
    func scaled(by t: Double) -> [Double] { map { t * $0 } }

    /// The vector with zeros where `kept` is false.
    func masked(by kept: [Bool]?) -> [Double] {
        guard let kept else { return self }
        return zip(self, kept).map { $1 ? $0 : 0 }
    }
}
