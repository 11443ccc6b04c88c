import Foundation
import Leibniz
import Testing

@Suite struct `Pooling rules` {
    private static func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    private static func power(_ p: Double) -> ([Double]) -> Double {
        { values in
            if p == 0 { return exp(mean(values.map { log(abs($0)) })) }
            return pow(mean(values.map { pow(abs($0), p) }), 1 / p)
        }
    }

    @Test(arguments: WindowCase.cases)
    func `maximum, minimum and mean agree with nested loops`(_ c: WindowCase) throws {
        let slope = c.ceilMode || c.size.count == 3 ? 1e-7 : nil
        try expectPools(c.pool(.maximum), c, slope: slope) { $0.max() ?? .nan }
        try expectPools(c.pool(.minimum), c, slope: slope) { $0.min() ?? .nan }
        try expectPools(c.pool(.average), c, slope: slope, as: Self.mean)
    }

    /// Two exponents with all windows, all exponents with one.
    private static let powers: [(WindowCase, Double)] = {
        let windows = WindowCase.cases.filter { !$0.countsPadding && $0.shape.rank > 2 }
        return windows.flatMap { window in
            (window.shape == [2, 3, 11] ? [-2, -0.3, 0, 0.2, 1, 1.5, 3] : [-0.3, 3]).map { (window, $0) }
        }
    }()

    @Test(arguments: powers)
    func `power means of every exponent agree with nested loops`(_ c: WindowCase, _ p: Double) throws {
        // Away from 0, where the derivative of |f| has its step.
        let x = normal(c.shape, seed: 3)
        let f = sign(x) * (abs(x) + 0.5)
        let expected = try c.regions(of: f).map { Self.power(p)($0.compactMap(\.self)) }
        // Below 1 a fixed exponent is computed as a learned one is.
        let learned = withElementType(.float64) { c.pool(.power(learning: p)) }
        for layer in p < 0 ? [learned] : [learned, c.pool(.power(p))] {
            try expectCloseTo(layer(f), expected, within: 1e-12, "p = \(p), \(c)")
            if c.shape == [2, 3, 11], p == -0.3 || p == 0 || p == 3 {
                try expectSlopes(layer, at: f, "p = \(p), \(c)")
            }
        }
    }

    @Test(arguments: WindowCase.cases)
    func `log-sum-exp and softmax weights agree with nested loops`(_ c: WindowCase) throws {
        for beta in [-3, 0, 0.01, 1, 20] {
            func lse(_ values: [Double]) -> Double {
                beta == 0 ? Self.mean(values) : log(Self.mean(values.map { exp(beta * $0) })) / beta
            }
            func soft(_ values: [Double]) -> Double {
                let weights = values.map { exp(beta * $0) }
                return zip(weights, values).map { $0 * $1 }.reduce(0, +) / weights.reduce(0, +)
            }
            guard c.size.count == 1 || beta == 1 else { continue }
            let slope = c.shape == [2, 3, 11] && (beta == 0 || beta == 1) ? 1e-7 : nil
            try expectPools(c.pool(.logSumExp(sharpness: beta)), c, within: 1e-11, slope: slope, as: lse)
            try expectPools(c.pool(.soft(sharpness: beta)), c, within: 1e-11, slope: slope, as: soft)
        }
    }

    @Test(arguments: WindowCase.cases)
    func `binomial weights agree with nested loops`(_ c: WindowCase) throws {
        func choose(_ n: Int, _ k: Int) -> Double { (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) } }
        let x = normal(c.shape, seed: 5)
        let weights = WindowCase.points(c.size).map { k in
            zip(c.size, k).reduce(1.0) { $0 * choose($1.0 - 1, $1.1) }
        }
        let expected = try c.regions(of: x).map { region in
            let counted = zip(region, weights).compactMap { value, weight in value.map { ($0 * weight, weight) } }
            return counted.map(\.0).reduce(0, +) / counted.map(\.1).reduce(0, +)
        }
        try expectCloseTo(c.pool(.binomial)(x), expected, "\(c)")
        if c.ceilMode { try expectSlopes(c.pool(.binomial), at: x, "\(c)") }
    }

    @Test(arguments: WindowCase.cases.filter { $0.padding.allSatisfy { $0 == 0 } && !$0.ceilMode })
    func `ranks agree with nested loops`(_ c: WindowCase) throws {
        let count = c.size.reduce(1, *)
        let weights = (0..<count).map { cos(Double($0)) }
        try expectPools(c.pool(.rank(weights: weights)), c) { values in
            zip(values.sorted(by: >), weights).map { $0 * $1 }.reduce(0, +)
        }
        try expectPools(c.pool(.median), c) { values in
            let ordered = values.sorted()
            return (ordered[(count - 1) / 2] + ordered[count / 2]) / 2
        }
        let learned = withElementType(.float64) { c.pool(.rank(learning: count)) }
        try expectPools(learned, c, as: Self.mean)
        #expect(learned.namedParameters.map(\.path) == ["rule.weights"])
    }

    @Test(arguments: WindowCase.cases.filter { $0.size.count == 1 || $0.size == [3, 3] })
    func `mixtures of maximum and mean agree with nested loops`(_ c: WindowCase) throws {
        let channels = c.shape.rank > c.size.count ? c.shape[-c.size.count - 1] : nil
        for channels in [nil, channels] {
            let mixed = withElementType(.float64) { c.pool(.mixed(channels: channels)) }
            let gated = withElementType(.float64) { c.pool(.gated(c.size, channels: channels)) }
            let half = { (values: [Double]) in ((values.max() ?? 0) + Self.mean(values)) / 2 }
            try expectPools(mixed, c, slope: nil, as: half)
            try expectPools(gated, c, slope: nil, as: half)
            let (logit, mask) = (mixed.rule.logit, gated.rule.mask)
            logit.value = normal(logit.shape, seed: 8)
            mask.value = normal(mask.shape, seed: 9)
            let x = normal(c.shape, seed: 5)
            let (logits, masks, regions) = (try logit.value.doubles(), try mask.value.doubles(), try c.regions(of: x))
            let perMap = regions.count / (c.shape.count / c.shape.extents.suffix(c.size.count).reduce(1, *))
            func mix(_ region: [Double?], _ logit: Double) -> Double {
                let (values, share) = (region.compactMap(\.self), 1 / (1 + exp(-logit)))
                return share * (values.max() ?? 0) + (1 - share) * Self.mean(values)
            }
            let size = c.size.reduce(1, *)
            try expectCloseTo(
                mixed(x),
                regions.enumerated().map { mix($1, logits[$0 / perMap % logits.count]) }, "\(c)")
            try expectCloseTo(
                gated(x),
                regions.enumerated().map { number, region in
                    let first = number / perMap % (masks.count / size) * size
                    return mix(region, zip(region, masks[first...]).map { ($0 ?? 0) * $1 }.reduce(0, +))
                }, "\(c)")
            if c.size.count == 1 { try expectSlopes(gated, at: x, "\(c)") }
            for (layer, parameter) in [(mixed as any Layer, logit), (gated, mask)] {
                let path = try #require(layer.namedParameters.first?.path)
                let loss = { (value: Tensor) in layer.withParameters([path: value]) { sum(pow(layer(x), 2)) } }
                try expectCloseTo(
                    (∇loss)(parameter.value), centralDifferences(of: loss, at: parameter.value), within: 1e-7, "\(c)")
            }
        }
    }

    @Test func `sharpness has a derivative, also at 0, and goes to mean, maximum and minimum`() throws {
        let x = normal([2, 3, 4, 4], seed: 1)
        for first in [-2, 0, 1e-9, 1e-3, 0.1] {
            for layer in withElementType(
                .float64,
                {
                    [
                        Pool(.logSumExp(learning: first, channels: 3), 2) as any Layer,
                        Pool(.soft(learning: first, channels: 3), 2),
                    ]
                })
            {
                let (path, parameter) = try #require(layer.namedParameters.first)
                let loss = { (value: Tensor) in layer.withParameters([path: value]) { sum(pow(layer(x), 2)) } }
                try expectCloseTo(
                    (∇loss)(parameter.value), centralDifferences(of: loss, at: parameter.value), within: 1e-8,
                    "β = \(first), \(path)")
                let slope = { (value: Tensor) in sum((∇loss)(value)) }
                try expectCloseTo(
                    (∇slope)(parameter.value), centralDifferences(of: slope, at: parameter.value), within: 1e-6,
                    "second, β = \(first), \(path)")
            }
        }
        let large = Tensor([1000.0, 1001, 999, 998], shape: [1, 1, 2, 2])
        #expect(try Pool(.logSumExp(sharpness: 1e4), 2)(large).item().isClose(to: 1001, within: 1e-6))
        #expect(try Pool(.logSumExp(sharpness: -1e4), 2)(large).item().isClose(to: 998, within: 1e-6))
        #expect(try Pool(.logSumExp(sharpness: 0), 2)(large).item() == 999.5)
        #expect(try Pool(.soft(sharpness: 1e4), 2)(large).item() == 1001)
        #expect(message(of: Pool(.logSumExp(sharpness: .infinity), 2)(large)).contains("not finite"))
    }

    @Test func `stochastic pooling draws elements in proportion and gives their expectation in inference`() throws {
        let region = [1.0, 3, 0, -2, 4, 2]
        let count = 20_000
        let x = Tensor(Array(repeating: region, count: count).flatMap(\.self), shape: [1, 1, count * 2, 3], .float64)
        let layer = Pool(.stochastic(seed: 3), [2, 3])
        let drawn = try layer(x).doubles()
        for value in [1.0, 2, 3, 4] {
            let (share, p) = (Double(drawn.count { $0 == value }) / Double(count), value / 10)
            #expect(abs(share - p) < 5 * (p * (1 - p) / Double(count)).squareRoot(), "\(value): \(share)")
        }
        #expect(drawn.allSatisfy { $0 > 0 })
        #expect(try layer(x).doubles() != drawn)
        #expect(try Pool(.stochastic(seed: 3), [2, 3])(x).doubles() == drawn)
        let few = x[0..., 0..., 0..<4]
        try inference { try expectClose(layer(few), [3, 3]) }
        try inference { try expectSlopes(layer, at: normal([1, 2, 4, 6], seed: 2)) }
        let slopes = try (∇{ sum(Pool(.stochastic(seed: 3), [2, 3])($0)) })(few).doubles()
        #expect(slopes.reduce(0, +) == 2)
        #expect(slopes.allSatisfy { $0 == 0 || $0 == 1 })
        let nothing = Tensor.full([1, 1, 2, 3], -1)
        #expect(try layer(nothing).item() == 0)
        #expect(try inference { try layer(nothing).item() } == 0)
    }

    @Test func `blurring is the binomial mean of the reflected map`() throws {
        for (size, stride, extents) in [(3, 2, [7, 6]), (1, 1, [3, 4]), (2, 2, [5, 5]), (5, 3, [9, 4])] {
            let x = normal(Shape([2] + extents), seed: 4)
            let (before, after) = ((size - 1) / 2, size / 2)
            func reflected(_ n: Int) -> [Int] {
                (-before..<n + after).map { $0 < 0 ? -$0 : $0 < n ? $0 : 2 * n - 2 - $0 }
            }
            let wide = x.gathered(Tensor(reflected(extents[0])), axis: 1).gathered(
                Tensor(reflected(extents[1])), axis: 2)
            let expected = Pool(.binomial, size, stride: stride)(wide)
            let layer = BlurPool2D(size, stride: stride)
            #expect(layer(x).shape == Shape([2] + extents.map { ($0 - 1) / stride + 1 }))
            try expectClose(layer(x), expected.doubles())
            try expectSlopes(layer, at: x)
        }
        #expect(message(of: BlurPool2D(7)(Tensor.zeros([1, 3, 3]))).contains("ValueError: BlurPool2D"))
    }

    @Test func `NaN wins, and what is infinite is pooled as its limit`() throws {
        let learned = Pool(.power(learning: 0.5), 2)
        for numbers in [[Double.nan, 1, 2, 3], [0, 1, .nan, 3]] {
            let x = Tensor(numbers, shape: [1, 1, 2, 2])
            for layer in [
                Pool(.maximum, 2) as any Layer, Pool(.average, 2), Pool(.power(2), 2), Pool(.power(-1), 2),
                Pool(.geometric, 2), learned, Pool(.logSumExp(), 2), Pool(.logSumExp(sharpness: 0), 2),
                Pool(.soft(), 2),
                Pool(.binomial, 2),
            ] { #expect(try layer(x).item().isNaN, "\(layer)") }
        }
        let x = Tensor([.infinity, 1, 2, 3], shape: [1, 1, 2, 2])
        for layer in [Pool(.power(2), 2) as any Layer, learned, Pool(.logSumExp(), 2), Pool(.maximum, 2)] {
            #expect(try layer(x).item() == .infinity, "\(layer)")
        }
        #expect(try Pool(.harmonic, 2)(x).item().isClose(to: 4 / (1 + 1 / 2.0 + 1 / 3.0), within: 1e-6))
    }

    @Test func `a rule of one's own is pooled like any other`() throws {
        struct Midrange: PoolingRule {
            func pooled(_ regions: PoolingRegions) -> Tensor {
                let f = regions.values()
                return (max(f, axes: regions.axes) + min(f, axes: regions.axes)) / 2
            }
        }
        let c = WindowCase([1, 2, 6, 6], [3, 3], stride: [1, 1])
        try expectPools(c.pool(Midrange()), c) { (($0.max() ?? 0) + ($0.min() ?? 0)) / 2 }
        let x = normal([2, 3, 5, 4], seed: 1)
        try expectClose(GlobalPool(Midrange())(x), Pool(Midrange(), [5, 4])(x).doubles())
    }
}
