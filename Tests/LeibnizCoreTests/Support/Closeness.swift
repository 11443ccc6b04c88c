/// The first place where two lists of numbers differ by more than `tolerance` of max(1, |expected|); NaN equals NaN.
func firstDifference(_ found: [Double], _ expected: [Double], tolerance: Double) -> String? {
    guard found.count == expected.count else { return "\(found.count) elements, expected \(expected.count)" }
    for (place, (a, b)) in zip(found, expected).enumerated() {
        let isClose = a == b || a.isNaN && b.isNaN || abs(a - b) <= tolerance * max(1, abs(b))
        if !isClose { return "element \(place) is \(a), expected \(b)" }
    }
    return nil
}

/// Σ aᵢ·bᵢ.
func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
