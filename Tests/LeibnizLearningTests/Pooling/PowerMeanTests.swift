import Foundation
import Leibniz
import Testing

@Suite struct `Power means` {
    private func learned(_ p: Double, channels: Int? = nil, _ convention: PowerConvention = .mean) -> LpPool2D {
        withElementType(.float64) { LpPool2D(learning: p, 2, channels: channels, convention: convention) }
    }

    @Test(arguments: [-20, -1, -1e-2, -1e-6, 0, 1e-12, 1e-6, 1e-3, 0.1, 0.5, 1, 3, 40])
    func `the derivative in p agrees with differences, also near 0`(_ p: Double) throws {
        let x = abs(normal([2, 3, 4, 4], seed: 1)) + 0.1
        for channels in p == 0 || p == 3 ? [nil, 3] : [nil] {
            let layer = learned(p, channels: channels)
            #expect(layer.namedParameters.map(\.path) == ["rule.p"])
            let parameter = try #require(layer.rule.p)
            let loss = { (p: Tensor) in layer.withParameters(["rule.p": p]) { sum(pow(layer(x), 2)) } }
            let slope = { (p: Tensor) in sum((∇loss)(p)) }
            let step = 1e-4 * Swift.max(1, abs(p))
            try expectCloseTo(
                (∇loss)(parameter.value), centralDifferences(of: loss, at: parameter.value, step: step), within: 1e-6,
                "p = \(p)")
            try expectCloseTo(
                (∇slope)(parameter.value), centralDifferences(of: slope, at: parameter.value, step: step), within: 1e-5,
                "second, p = \(p)")
        }
    }

    @Test func `near p = 0 values and slopes are those of the series`() throws {
        // log M_p = m + p σ²/2 + p² κ₃/6 + … with the mean, variance and third cumulant of log f.
        let f = [0.5, 2, 3, 7]
        let logs = f.map { log($0) }
        let m = logs.reduce(0, +) / 4
        let (s2, k3) = (logs.reduce(0) { $0 + pow($1 - m, 2) } / 4, logs.reduce(0) { $0 + pow($1 - m, 3) } / 4)
        let x = Tensor(f, shape: [1, 1, 2, 2], .float64)
        for p in [-1e-5, -1e-9, 0, 1e-15, 1e-9, 1e-5] {
            let layer = learned(p)
            let logarithm = { (p: Tensor) in layer.withParameters(["rule.p": p]) { sum(log(layer(x))) } }
            let at = try #require(layer.rule.p).value
            #expect(try logarithm(at).item().isClose(to: m + p * s2 / 2 + p * p * k3 / 6, within: 1e-14))
            #expect(try (∇logarithm)(at).item().isClose(to: s2 / 2 + p * k3 / 3, within: 1e-9))
            let second = try taylor(of: logarithm, at: at, along: at.filled(1), order: 2).derivatives[2].item()
            #expect(second.isClose(to: k3 / 3, within: 1e-4))
        }
        // Across the place where the form of the formula changes.
        for p in [0.12, 0.15, 0.18, 0.2, 0.3] {
            let direct = Foundation.pow(f.reduce(0) { $0 + Foundation.pow($1, p) } / 4, 1 / p)
            #expect(try learned(p)(x).item().isClose(to: direct, within: 1e-14))
            #expect(try LpPool2D(p, 2)(x).item().isClose(to: direct, within: 1e-14))
        }
    }

    @Test(arguments: [50, -50, 1, -1, 0.3, -0.3, 0.02, 0])
    func `float32 neither overflows nor vanishes`(_ p: Double) throws {
        let numbers = [1e30, 1e-30, 3e29, 2e-30]
        let x = Tensor(numbers, shape: [1, 1, 2, 2])
        let floats = try x.doubles()
        // log-sum-exp in double precision.
        let logs = floats.map { log($0) }
        let peak = logs.map { p * $0 }.max() ?? 0
        let expected =
            p == 0
            ? exp(logs.reduce(0, +) / 4) : exp((log(logs.reduce(0) { $0 + exp(p * $1 - peak) } / 4) + peak) / p)
        for layer in [LpPool2D(p, 2), LpPool2D(learning: p, 2)] {
            let value = try layer(x).item()
            #expect(abs(value / expected - 1) < (abs(p) < 0.1 ? 1e-5 : 1e-6), "p = \(p): \(value) is not \(expected)")
            // ∂M/∂f = (f/M)^{p−1}/n, which may itself be beyond float32.
            for (slope, f) in zip(try (∇{ sum(layer($0)) })(x).doubles(), floats) {
                let exact = Foundation.pow(f / expected, p - 1) / 4
                // A share of the sum, or of the mean, that float32 cannot hold has no say in the derivative.
                if exp(p * log(f) - peak) * Swift.min(1, expected) < 1e-37, slope == 0 { continue }
                if exact > 3e38 {
                    #expect(slope == .infinity)
                } else if exact > 1e-37 {
                    #expect(abs(slope / exact - 1) < 1e-4, "p = \(p): \(slope) is not \(exact)")
                } else {
                    #expect(abs(slope) < 1e-36)
                }
            }
        }
        let alike = Tensor([1e30, 1e30, 1e30, 1e30], shape: [1, 1, 2, 2]), tiny = alike * 1e-60
        for layer in [LpPool2D(p, 2), LpPool2D(learning: p, 2)] {
            #expect(abs(try layer(alike).item() / alike.doubles()[0] - 1) < 1e-6)
            #expect(
                abs(try layer(Tensor([1e-30, 1e-30, 1e-30, 1e-30], shape: [1, 1, 2, 2])).item() / 1e-30 - 1) < 1e-6)
        }
        #expect(try LpPool2D(learning: p, 2)(tiny).item() == 0)
    }

    @Test(arguments: [-2, -1, 0, 0.3, 0.7, 1, 2, 5])
    func `derivatives of regions with zeros are finite`(_ p: Double) throws {
        let zero = Tensor.zeros([1, 1, 2, 2], .float64)
        let partly = Tensor([3.0, 0, 0, 1], shape: [1, 1, 2, 2], .float64)
        for layer in [LpPool2D(p, 2), learned(p)] {
            #expect(try layer(zero).item() == 0)
            #expect(try (∇{ sum(layer($0)) })(zero).doubles() == [0, 0, 0, 0])
            let value = try layer(partly).item(), slopes = try (∇{ sum(layer($0)) })(partly).doubles()
            #expect(slopes[1] == 0 && slopes[2] == 0)
            if p <= 0 {
                #expect(value == 0 && slopes == [0, 0, 0, 0])
            } else {
                let expected: Double = Foundation.pow((Foundation.pow(3, p) + 1) / 4, 1 / p)
                #expect(value.isClose(to: expected))
                #expect(slopes[0].isClose(to: Foundation.pow(3 / expected, p - 1) / 4))
            }
            for x in [zero, partly] {
                guard layer.rule.p != nil else { continue }
                let inP = { (p: Tensor) in layer.withParameters(["rule.p": p]) { sum(layer(x)) } }
                let slope = try (∇inP)(Tensor(p, .float64)).item()
                let expected = p > 0 ? try centralDifferences(of: inP, at: Tensor(p, .float64))[0] : 0
                #expect(slope.isClose(to: expected, within: 1e-7), "p = \(p)")
            }
        }
    }

    @Test(arguments: [1, 2, 3, 0.5, 4])
    func `each convention is its owner's formula`(_ p: Double) throws {
        let x = normal([2, 3, 4, 6], seed: 2), c = WindowCase([2, 3, 4, 6], [2, 2])
        let regions = try c.regions(of: x).map { $0.compactMap(\.self) }
        func root(_ total: Double) -> Double { pow(total, 1 / p) }
        let conventions: [(PowerConvention, ([Double]) -> Double)] = [
            (.mean, { root($0.reduce(0) { $0 + pow(abs($1), p) } / 4) }),
            (.sum, { root($0.reduce(0) { $0 + pow(abs($1), p) }) }),
            (.signedSum, { root($0.reduce(0) { $0 + pow($1, p) }) }),
            (.clamped(epsilon: 0.1), { root($0.reduce(0) { $0 + pow(Swift.max($1, 0.1), p) } / 4) }),
            (.clamped(), { root($0.reduce(0) { $0 + pow(Swift.max($1, 1e-6), p) } / 4) }),
        ]
        // The default ε is but another number.
        for (convention, naive) in conventions where p == 1 || convention != .clamped() {
            for layer in [LpPool2D(p, 2, convention: convention), learned(p, convention)] {
                try expectCloseTo(layer(x), regions.map(naive), within: 1e-11, "\(convention), p = \(p)")
                let positive = abs(x) + 0.2
                // The others are means, of which the catalogue of gradients has one.
                guard p == 3, layer.rule.p != nil, [.sum, .signedSum].contains(convention) else { continue }
                try expectSlopes(layer, at: positive, "\(convention), p = \(p)")
                let inP = { (p: Tensor) in layer.withParameters(["rule.p": p]) { sum(layer(positive)) } }
                try expectCloseTo(
                    (∇inP)(Tensor(p, .float64)), centralDifferences(of: inP, at: Tensor(p, .float64)), within: 1e-8,
                    "∂/∂p, \(convention)")
            }
        }
        let zero = Tensor.zeros([1, 1, 2, 2], .float64)
        for convention in conventions.map(\.0) {
            #expect(try (∇{ sum(LpPool2D(p, 2, convention: convention)($0)) })(zero).doubles().allSatisfy(\.isFinite))
        }
    }

    @Test func `limits are maximum and minimum, and what has no mean is refused`() throws {
        let x = normal([1, 2, 4, 4], seed: 3)
        #expect(try LpPool2D(-.infinity, 2)(x).doubles() == Pool(.minimum, 2)(abs(x)).doubles())
        #expect(try LpPool2D(.infinity, 2, convention: .sum)(x).doubles() == MaxPool2D(2)(abs(x)).doubles())
        #expect(try LpPool2D(-.infinity, 3, padding: 1)(x).doubles() == Pool(.minimum, 3, padding: 1)(abs(x)).doubles())
        try expectClose(LpPool2D(1e4, 2)(x), MaxPool2D(2)(abs(x)).doubles(), within: 1e-3)
        try expectClose(LpPool2D(-1e4, 2)(x), Pool(.minimum, 2)(abs(x)).doubles(), within: 1e-3)
        #expect(message(of: LpPool2D(.nan, 2)(x)).contains("p is a number"))
        #expect(message(of: LpPool2D(learning: .infinity, 2)(x)).contains("finite where it is learned"))
        #expect(message(of: LpPool2D(0, 2, convention: .sum)(x)).contains("no limit at p = 0"))
        #expect(message(of: LpPool2D(-1, 2, convention: .signedSum)(x)).contains("above 0"))
        #expect(message(of: LpPool2D(2, 2, convention: .clamped(epsilon: 0))(x)).contains("not above 0"))
        #expect(message(of: LpPool2D(learning: 2, 2, channels: 5)(x)).contains("ShapeError"))
    }

    /// Without magnitudes on the way, as they are for 2 and 4, a power's derivative has the number's own sign.
    @Test(arguments: [2, 4, 6]) func `even powers have the derivative of those of magnitudes`(_ p: Double) throws {
        let x = normal([2, 3, 4, 4], seed: 7)
        let layer = withElementType(.float64) { LpPool2D(p, 2) }
        let loss = { (x: Tensor) in sum(pow(layer(x), 2)) }
        try expectCloseTo(
            (∇loss)(x), centralDifferences(of: loss, at: x, step: 1e-5), within: 1e-8, "\(p)")
        let ofMagnitudes = (∇{ loss(abs($0)) })(x)
        try expectClose((∇loss)(x), ofMagnitudes.doubles(), within: 1e-13)
        let special = Tensor([0, -0.0, 3, -4, -.infinity, 1, 2, .nan], shape: [1, 1, 2, 4], .float64)
        let found = try layer(special).doubles()
        #expect(found[0] == .infinity && found[1].isNaN)
    }

    @Test func `an exponent can be trained`() throws {
        let x = abs(Tensor.normal([4, 1, 8, 8], seed: 1))
        let target = LpPool2D(4, 2)(x)
        let layer = LpPool2D(learning: 1, 2)
        let optimizer = Adam(layer, learningRate: 0.05)
        for _ in 1...300 { try optimizer.minimize(meanSquaredError(layer(x), target)) }
        #expect(try #require(layer.rule.p).value.item().isClose(to: 4, within: 1e-2))
    }
}
