import Leibniz
import Testing

@Suite struct `Pooling regions` {
    static let cases = WindowCase.cases.filter { $0.shape.rank >= $0.size.count }

    /// Whether the first maximum of each window is at its index.
    @Test(arguments: cases.filter { !$0.countsPadding })
    func `indices say where in the map a maximum is`(_ c: WindowCase) throws {
        func check<Space: PoolingSpace>(_ space: Space.Type) throws {
            let layer = MaxPool<Space>(
                c.size, stride: c.stride, padding: c.padding, dilation: c.dilation, ceilMode: c.ceilMode)
            let x = normal(c.shape, seed: 5)
            let (values, indices) = layer.withIndices(x)
            let (numbers, places) = (try x.doubles(), try indices.array(of: Int.self))
            let area = c.shape.extents.suffix(c.size.count).reduce(1, *)
            let perMap = places.count / (c.shape.count / area)
            #expect(indices.shape == values.shape)
            try expectClose(values, layer(x).doubles())
            try expectClose(values, places.enumerated().map { numbers[$0 / perMap * area + $1] })
            let weights = normal(values.shape, seed: 6)
            try expectClose(
                (∇{ sum(layer.withIndices($0).values * weights) })(x), (∇{ sum(layer($0) * weights) })(x).doubles())
            // Back in its place; all else is 0.
            let unpool = MaxUnpool<Space>(c.size, stride: c.stride, padding: c.padding)
            let extents = Array(c.shape.extents.suffix(c.size.count))
            let back = unpool(values, indices, outputExtents: extents)
            var expected = [Double](repeating: 0, count: numbers.count)
            for (place, value) in zip(places.enumerated(), try values.doubles()) {
                expected[place.offset / perMap * area + place.element] = value
            }
            #expect(back.shape == c.shape)
            try expectClose(back, expected)
            let spread = { (values: Tensor) in unpool(values, indices, outputExtents: extents) }
            let cotangent = normal(c.shape, seed: 7)
            // Each of the namers of a place gives its share.
            let namers = places.enumerated().map { number, place in
                Double((number / perMap * perMap..<(number / perMap + 1) * perMap).count { places[$0] == place })
            }
            let taken = try cotangent.doubles()
            try expectClose(
                (∇{ sum(spread($0) * cotangent) })(values),
                places.enumerated().map { taken[$0 / perMap * area + $1] / namers[$0] })
        }
        switch c.size.count {
        case 1: try check(PoolingLine.self)
        case 2: try check(PoolingPlane.self)
        default: try check(PoolingVolume.self)
        }
    }

    @Test(arguments: [[3], [5, 2], [4, 4], [1, 1], [7, 9], [2, 3, 2]])
    func `adaptive regions cover the map as PyTorch's do`(_ outputs: [Int]) throws {
        let extents = Array([7, 9, 5].prefix(outputs.count))
        let x = normal(Shape([2, 2] + extents), seed: 1)
        let numbers = try x.doubles()
        let area = extents.reduce(1, *)
        func naive(_ rule: ([Double]) -> Double) -> [Double] {
            (0..<4).flatMap { map in
                WindowCase.points(outputs).map { place in
                    let ranges = outputs.indices.map { axis in
                        let (n, o, i) = (extents[axis], outputs[axis], place[axis])
                        return Int(
                            (Double(i * n) / Double(o)).rounded(.down))..<Int(
                                (Double((i + 1) * n) / Double(o)).rounded(.up))
                    }
                    return rule(
                        WindowCase.points(ranges.map(\.count)).map { k in
                            var flat = 0
                            for axis in outputs.indices {
                                flat = flat * extents[axis] + ranges[axis].lowerBound + k[axis]
                            }
                            return numbers[map * area + flat]
                        })
                }
            }
        }
        let mean = { (values: [Double]) in values.reduce(0, +) / Double(values.count) }
        try expectCloseTo(AdaptivePool(.average, outputs)(x), naive(mean), "\(outputs)")
        try expectCloseTo(AdaptivePool(.maximum, outputs)(x), naive { $0.max() ?? 0 }, "\(outputs)")
        try expectCloseTo(AdaptivePool(.minimum, outputs)(x), naive { $0.min() ?? 0 }, "\(outputs)")
        try expectCloseTo(
            AdaptivePool(.power(2), outputs)(x), naive { mean($0.map { $0 * $0 }).squareRoot() }, "\(outputs)")
        try expectSlopes(AdaptivePool(.average, outputs), at: x)
        if outputs == [3] { try expectSlopes(AdaptivePool(.logSumExp(), outputs), at: x) }
        let (values, indices) = AdaptivePool(.maximum, outputs).withIndices(x)
        let perMap = outputs.reduce(1, *)
        try expectClose(
            values, indices.array(of: Int.self).enumerated().map { numbers[$0 / perMap * area + $1] })
    }

    @Test func `adaptive axes may stay, and places that cannot be are refused`() throws {
        let x = normal([1, 2, 6, 5], seed: 1)
        #expect(AdaptivePool(.average, [3, nil])(x).shape == [1, 2, 3, 5])
        #expect(AdaptivePool(.average, 8)(x).shape == [1, 2, 8, 8])
        #expect(message(of: AdaptivePool(.average, 0)(x)).contains("ValueError: AdaptivePool"))
        #expect(message(of: AdaptivePool(.average, [1, 1])(Tensor([1.0]))).contains("AdaptivePool"))
    }

    @Test func `a global pool is one window`() throws {
        let x = normal([2, 3, 4, 5], seed: 1)
        #expect(GlobalPool(.average)(x).shape == [2, 3, 1, 1])
        try expectClose(GlobalPool(.average)(x), mean(x, axes: [2, 3]).doubles())
        try expectClose(GlobalPool(.maximum, dimensions: 3)(x), max(x, axes: [1, 2, 3]).doubles())
        try expectClose(GlobalPool(.power(2))(x), sqrt(mean(x * x, axes: [2, 3])).doubles())
        #expect(message(of: GlobalPool(.average, dimensions: 5)(x)).contains("GlobalPool"))
    }

    @Test func `fractional windows begin where the sequence says`() throws {
        let x = normal([2, 3, 9, 11], seed: 1), numbers = try x.doubles()
        let samples = Tensor.uniform([2, 3, 2], seed: 4, .float64), u = try samples.doubles()
        let (size, outputs, extents) = ([2, 3], [4, 5], [9, 11])
        let layer = FractionalPool(size, outputs: outputs)
        var expected: [Double] = [], places: [Int] = []
        for map in 0..<6 {
            let starts = (0..<2).map { axis in
                let alpha = Double(extents[axis] - size[axis]) / Double(outputs[axis] - 1)
                return (0..<outputs[axis]).map { i in
                    i == outputs[axis] - 1
                        ? extents[axis] - size[axis]
                        : Int((Double(i) + u[map * 2 + axis]) * alpha) - Int(u[map * 2 + axis] * alpha)
                }
            }
            for i in starts[0] {
                for j in starts[1] {
                    let window = (0..<2).flatMap { a in (0..<3).map { (i + a) * 11 + j + $0 } }
                    let best = window.max { numbers[map * 99 + $0] < numbers[map * 99 + $1] } ?? 0
                    places.append(best)
                    expected.append(numbers[map * 99 + best])
                }
            }
        }
        let (values, indices) = layer.withIndices(x, samples: samples)
        #expect(values.shape == [2, 3, 4, 5])
        try expectClose(values, expected)
        try expectClose(layer(x, samples: samples), expected)
        #expect(try indices.array(of: Int.self) == places)
        let loss = { (x: Tensor) in sum(pow(layer(x, samples: samples), 3)) }
        try expectClose((∇loss)(x), centralDifferences(of: loss, at: x), within: 1e-7)
        // Drawn samples differ from call to call and are the same for the same seed; inference takes the middle.
        let wide = normal([1, 2, 50, 50], seed: 2)
        let (first, second) = (
            FractionalPool([2, 2], outputs: [31, 29], seed: 7), FractionalPool([2, 2], outputs: [31, 29], seed: 7)
        )
        let drawn = try first(wide).doubles()
        #expect(try second(wide).doubles() == drawn)
        #expect(try first(wide).doubles() != drawn)
        try inference {
            try expectClose(first(wide), first(wide, samples: .full([1, 2, 2], 0.5, .float64)).doubles())
        }
        let average = FractionalPool(.average, [2], outputs: [3])
        #expect(average(normal([2, 8], seed: 1)).shape == [2, 3])
        #expect(message(of: FractionalPool([2, 2], outputs: [9, 4])(x)).contains("ValueError: FractionalPool"))
        #expect(
            message(of: layer(x, samples: u.isEmpty ? x : Tensor([0.5]))).contains("samples are of shape [2, 3, 2]"))
    }

    @Test func `a place that the map does not have cannot be filled`() throws {
        let values = Tensor([1.0, 2], shape: [1, 1, 1, 2])
        let unpool = MaxUnpool2D(2)
        #expect(unpool(values, Tensor([0, 7], shape: [1, 1, 1, 2])).shape == [1, 1, 2, 4])
        for wrong in [8, -1, 100] {
            #expect(
                message(of: unpool(values, Tensor([0, wrong], shape: [1, 1, 1, 2]))).contains("IndexError"), "\(wrong)")
        }
        #expect(message(of: unpool(values, Tensor([0]))).contains("ShapeError: MaxUnpool2D"))
        #expect(message(of: unpool(values)).contains("indices"))
    }

    @Test(
        arguments: [
            WindowCase([2, 2, 9, 11], [3, 4], stride: [1, 1]), WindowCase([1, 2, 8, 8], [4, 2], stride: [1, 2]),
            WindowCase([1, 1, 7, 9], [3, 3], stride: [2, 2], padding: [1, 1]), WindowCase([2, 12], [5], stride: [1]),
            WindowCase([1, 2, 10, 8], [4, 3], stride: [3, 2], padding: [2, 1], ceilMode: true),
            WindowCase([6, 5, 7], [2, 3, 7], stride: [1, 1, 1]), WindowCase([5, 5], [5, 5], stride: [1, 1]),
            WindowCase([1, 1, 24, 21], [17, 17], stride: [1, 1], padding: [8, 8]), WindowCase([4, 4], [1, 1]),
        ])
    func `running sums give the mean of nested loops`(_ c: WindowCase) throws {
        var c = c
        func check<Space: PoolingSpace>(_ space: Space.Type) throws {
            let layer = AveragePool<Space>(
                c.size, stride: c.stride, padding: c.padding, ceilMode: c.ceilMode,
                countsPadding: c.countsPadding,
                usesAntiderivative: true)
            let x = normal(c.shape, seed: 5)
            let expected = try c.regions(of: x).map { region in
                let values = region.compactMap(\.self)
                return values.reduce(0, +) / Double(values.count)
            }
            try expectCloseTo(layer(x), expected, "\(c)")
            if c.ceilMode || c.size.count != 2 { try expectSlopes(layer, at: x, "\(c)") }
        }
        for countsPadding in c.padding.allSatisfy({ $0 == 0 }) ? [false] : [false, true] {
            c.countsPadding = countsPadding
            switch c.size.count {
            case 1: try check(PoolingLine.self)
            case 2: try check(PoolingPlane.self)
            default: try check(PoolingVolume.self)
            }
        }
    }

    @Test func `running sums keep float32's digits under an offset, and what is infinite to its windows`() throws {
        let x = Tensor.normal([1, 1, 300, 260], seed: 1) + 1000
        let pooled = try AveragePool2D(31, stride: 1)(x).doubles()
        let exact = try AveragePool2D(31, stride: 1, usesAntiderivative: false)(x.cast(to: .float64)).doubles()
        #expect(pooled.count == 270 * 230)
        #expect(zip(pooled, exact).allSatisfy { abs($0 - $1) < 1e-6 * 1004 })
        // As well far from where the sums begin: the largest element is about 1,005.
        let large = Tensor.normal([1, 1, 4096, 4096], seed: 2) + 1000
        let difference =
            AveragePool2D(31, stride: 1)(large).cast(to: .float64)
            - AveragePool2D(31, stride: 1, usesAntiderivative: false)(large.cast(to: .float64))
        #expect(try max(abs(difference)).item() < 1e-5 * 1000)
        let spoiled = x.at[0, 0, 100, 100].set(.infinity)
        let (fast, slow) = (AveragePool2D(9, stride: 1), AveragePool2D(9, stride: 1, usesAntiderivative: false))
        #expect(try fast(spoiled).doubles().map(\.isFinite) == slow(spoiled).doubles().map(\.isFinite))
    }
}
