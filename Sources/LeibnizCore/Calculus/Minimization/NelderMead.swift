extension Descent {
    /// The simplex of Nelder and Mead (1965) with the coefficients of Gao and Han (2012), which depend on the number n of variables:
    /// reflection 1, expansion 1 + 2/n, contraction ¾ − 1/(2n), shrinkage 1 − 1/n.
    ///
    /// A step is a change of the simplex; it ends when all corners are within `stepTolerance` of the best.
    func walk(_ objective: Objective) throws -> StoppingReason {
        let n = current.x.count
        // With one variable shrinkage would be to nothing: the coefficients are those of two.
        let dimension = Double(max(2, n))
        let (expansion, contraction, shrinkage) =
            (1 + 2 / dimension, 0.75 - 0.5 / dimension, 1 - 1 / dimension)
        func corner(_ x: [Double]) throws -> Location { try objective.value(at: box.projected(x)) }
        let start = try objective.value(at: current.x)
        if let reason = try begin(at: start) { return reason }
        var corners = [start]
        for place in 0..<n {
            var x = start.x
            x[place] = x[place] == 0 ? 0.00025 : 1.05 * x[place]
            if box.projected(x) == start.x { x[place] = 2 * start.x[place] - x[place] }
            corners.append(try corner(x))
        }
        while true {
            corners.sort { Self.isLower($0.value, $1.value) }
            let (lowest, highest) = (corners[0], corners[n])
            if isSmall(corners) { return .stepSmall }
            var centre = [Double](repeating: 0, count: n)
            for corner in corners.dropLast() { centre = centre.adding(corner.x, times: 1 / Double(n)) }
            let away = centre.subtracting(highest.x)

            let reflected = try corner(centre.adding(away))
            if Self.isLower(reflected.value, lowest.value) {
                let further = try corner(centre.adding(away, times: expansion))
                corners[n] = Self.isLower(further.value, reflected.value) ? further : reflected
            } else if Self.isLower(reflected.value, corners[n - 1].value) {
                corners[n] = reflected
            } else {
                let isOutside = Self.isLower(reflected.value, highest.value)
                let nearer = try corner(centre.adding(away, times: isOutside ? contraction : -contraction))
                if Self.isLower(nearer.value, isOutside ? reflected.value : highest.value) {
                    corners[n] = nearer
                } else {
                    for place in 1...n {
                        let x = lowest.x.adding(corners[place].x.subtracting(lowest.x), times: shrinkage)
                        corners[place] = try corner(x)
                    }
                }
            }
            let now = corners.min { Self.isLower($0.value, $1.value) } ?? lowest
            if let reason = try advance(from: nil, to: now) { return reason }
        }
    }

    /// Whether a value is lower than another; NaN is higher than all.
    private static func isLower(_ a: Double, _ b: Double) -> Bool { b.isNaN ? !a.isNaN : a < b }

    private func isSmall(_ corners: [Location]) -> Bool {
        let tolerance = max(rules.stepTolerance, 1e-15)
        return corners.dropFirst().allSatisfy { corner in
            zip(corner.x, corners[0].x).allSatisfy { abs($0 - $1) <= tolerance * (1 + abs($1)) }
        }
    }
}
