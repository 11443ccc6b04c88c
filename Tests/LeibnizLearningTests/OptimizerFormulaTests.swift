import Foundation
import Leibniz
import Testing

/// L(θ) = ½ Σ (a θ − b)² over a matrix and a vector.
private struct Bowl: Module {
    let matrix: Parameter, vector: Parameter
    static let a = [1.0, -2, 0.5, 3, 1.5, -1, 2, 0.3], b = [0.3, 1, -2, 0.5, 1, -1, 0.2, 0.7]

    init(_ type: ElementType = .float64) {
        matrix = Parameter(Tensor([1.0, 2, -1, 0.5, -0.3, 1], shape: [3, 2], type))
        vector = Parameter(Tensor([0.4, -1.2], type))
    }
    func loss(_ scale: Tensor = 1) -> Tensor {
        let theta = concatenate([matrix.value.flattened(), vector.value])
        let residual = Tensor(Bowl.a, theta.elementType) * theta - Tensor(Bowl.b, theta.elementType)
        return 0.5 * scale * sum(residual * residual)
    }
    func theta() throws -> [Double] { try matrix.value.doubles() + vector.value.doubles() }
    static func gradient(_ theta: [Double]) -> [Double] { theta.indices.map { a[$0] * (a[$0] * theta[$0] - b[$0]) } }
}

/// Steps by the formula of each optimizer's documentation, on plain numbers.
private func check(
    _ comment: Comment, _ make: (Bowl) -> any Optimizer, steps: Int = 8, within tolerance: Double = 1e-12,
    _ step: (_ t: Int, _ theta: inout [Double], _ gradient: [Double]) -> Void
) throws {
    let model = Bowl()
    let optimizer = make(model)
    var theta = try model.theta()
    for t in 1...steps {
        try optimizer.minimize(model.loss())
        step(t, &theta, Bowl.gradient(theta))
        try expectClose(
            concatenate([model.matrix.value.flattened(), model.vector.value]), theta, within: tolerance, comment)
    }
}

private let makers: [(name: String, make: @Sendable (Bowl) -> any Optimizer)] = [
    ("SGD", { SGD($0, learningRate: 0.1, momentum: 0.9, dampening: 0.2, weightDecay: 0.1) }),
    ("Adam", { Adam($0, amsgrad: true) }), ("AdamW", { AdamW($0) }), ("Adamax", { Adamax($0) }),
    ("NAdam", { NAdam($0) }),
    ("RAdam", { RAdam($0) }), ("LAMB", { LAMB($0, weightDecay: 0.1) }),
    ("RMSProp", { RMSProp($0, momentum: 0.5, centred: true) }),
    ("Adagrad", { Adagrad($0, rateDecay: 0.1) }), ("Adadelta", { Adadelta($0) }), ("Lion", { Lion($0) }),
    ("Muon", { Muon($0) }),
    ("clipped", { Adam($0).clippingGradients(norm: 0.1) }),
    ("accumulating", { SGD($0, learningRate: 0.1, momentum: 0.9).accumulating(2) }),
]

@Suite struct `Optimizer formulas` {
    private var zeros: [Double] { Array(repeating: 0, count: 8) }

    @Test func `AMSGrad follows its formula`() throws {
        var (m, v, greatest) = (zeros, zeros, zeros)
        try check("amsgrad", { Adam($0, learningRate: 0.3, betas: (0.5, 0.6), amsgrad: true) }) { t, theta, g in
            for i in g.indices {
                m[i] = 0.5 * m[i] + 0.5 * g[i]
                v[i] = 0.6 * v[i] + 0.4 * g[i] * g[i]
                greatest[i] = max(greatest[i], v[i])
                let size = (greatest[i] / (1 - pow(0.6, Double(t)))).squareRoot() + 1e-8
                theta[i] -= 0.3 * m[i] / (1 - pow(0.5, Double(t))) / size
            }
        }
    }

    @Test func `Adamax follows its formula`() throws {
        var (m, u) = (zeros, zeros)
        try check("adamax", { Adamax($0, learningRate: 0.1, betas: (0.8, 0.7), weightDecay: 0.1) }) { t, theta, raw in
            for i in raw.indices {
                let g = raw[i] + 0.1 * theta[i]
                m[i] = 0.8 * m[i] + 0.2 * g
                u[i] = max(0.7 * u[i], abs(g) + 1e-8)
                theta[i] -= 0.1 / (1 - pow(0.8, Double(t))) * m[i] / u[i]
            }
        }
    }

    @Test(arguments: [false, true])
    func `NAdam follows its formula`(decouples: Bool) throws {
        var (m, v, product) = (zeros, zeros, 1.0)
        try check(
            "nadam",
            {
                NAdam(
                    $0, learningRate: 0.1, betas: (0.8, 0.9), weightDecay: 0.2, momentumDecay: 0.1,
                    decouplesDecay: decouples)
            }
        ) { t, theta, raw in
            func mu(_ t: Int) -> Double { 0.8 * (1 - 0.5 * pow(0.96, Double(t) * 0.1)) }
            product *= mu(t)
            for i in raw.indices {
                let g = raw[i] + (decouples ? 0 : 0.2 * theta[i])
                if decouples { theta[i] *= 1 - 0.1 * 0.2 }
                m[i] = 0.8 * m[i] + 0.2 * g
                v[i] = 0.9 * v[i] + 0.1 * g * g
                let size = (v[i] / (1 - pow(0.9, Double(t)))).squareRoot() + 1e-8
                theta[i] -= 0.1 * (1 - mu(t)) / (1 - product) * g / size
                theta[i] -= 0.1 * mu(t + 1) / (1 - product * mu(t + 1)) * m[i] / size
            }
        }
    }

    @Test func `RAdam, before and after it trusts the variance`() throws {
        var (m, v) = (zeros, zeros)
        let limit = 2 / (1 - 0.9) - 1.0
        var trusted = Set<Bool>()
        try check("radam", { RAdam($0, learningRate: 0.1, betas: (0.8, 0.9)) }, steps: 12) { t, theta, g in
            let power = pow(0.9, Double(t))
            let length = limit - 2 * Double(t) * power / (1 - power)
            trusted.insert(length > 5)
            for i in g.indices {
                m[i] = 0.8 * m[i] + 0.2 * g[i]
                v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i]
                let mean = m[i] / (1 - pow(0.8, Double(t)))
                if length > 5 {
                    let r = ((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)).squareRoot()
                    theta[i] -= 0.1 * mean * r * (1 - power).squareRoot() / (v[i].squareRoot() + 1e-8)
                } else {
                    theta[i] -= 0.1 * mean
                }
            }
        }
        #expect(trusted == [false, true])
    }

    @Test func `LAMB and Lion`() throws {
        var (m, v) = (zeros, zeros)
        try check("lamb", { LAMB($0, learningRate: 0.1, betas: (0.8, 0.9), weightDecay: 0.3) }) { t, theta, g in
            var r = zeros
            for i in g.indices {
                m[i] = 0.8 * m[i] + 0.2 * g[i]
                v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i]
                let (mean, square) = (m[i] / (1 - pow(0.8, Double(t))), v[i] / (1 - pow(0.9, Double(t))))
                r[i] = mean / (square.squareRoot() + 1e-6) + 0.3 * theta[i]
            }
            for part in [0..<6, 6..<8] {
                func length(_ x: [Double]) -> Double { part.reduce(0) { $0 + x[$1] * x[$1] }.squareRoot() }
                let ratio = length(theta) / length(r)
                for i in part { theta[i] -= 0.1 * ratio * r[i] }
            }
        }
        m = zeros
        try check("lion", { Lion($0, learningRate: 0.05, weightDecay: 0.4) }) { _, theta, g in
            for i in g.indices {
                let c = 0.9 * m[i] + 0.1 * g[i]
                theta[i] = (1 - 0.05 * 0.4) * theta[i] - 0.05 * (c > 0 ? 1 : c < 0 ? -1 : 0)
                m[i] = 0.99 * m[i] + 0.01 * g[i]
            }
        }
    }

    @Test(arguments: [(0, false), (0.7, false), (0, true), (0.7, true)])
    func `RMSProp follows its formula`(momentum: Double, isCentred: Bool) throws {
        var (v, mean, b) = (zeros, zeros, zeros)
        try check(
            "rmsprop",
            {
                RMSProp(
                    $0, learningRate: 0.05, smoothing: 0.8, weightDecay: 0.1, momentum: momentum, centred: isCentred)
            }
        ) { _, theta, raw in
            for i in raw.indices {
                let g = raw[i] + 0.1 * theta[i]
                v[i] = 0.8 * v[i] + 0.2 * g * g
                mean[i] = 0.8 * mean[i] + 0.2 * g
                b[i] = momentum * b[i] + g / ((v[i] - (isCentred ? mean[i] * mean[i] : 0)).squareRoot() + 1e-8)
                theta[i] -= 0.05 * b[i]
            }
        }
    }

    @Test func `Adagrad and Adadelta`() throws {
        var s = zeros.map { _ in 0.2 }
        try check("adagrad", { Adagrad($0, learningRate: 0.3, rateDecay: 0.1, initialSum: 0.2) }) { t, theta, g in
            for i in g.indices {
                s[i] += g[i] * g[i]
                theta[i] -= 0.3 / (1 + Double(t - 1) * 0.1) * g[i] / (s[i].squareRoot() + 1e-10)
            }
        }
        var (v, u) = (zeros, zeros)
        try check("adadelta", { Adadelta($0, learningRate: 0.5, smoothing: 0.8, epsilon: 1e-3) }) { _, theta, g in
            for i in g.indices {
                v[i] = 0.8 * v[i] + 0.2 * g[i] * g[i]
                let d = (u[i] + 1e-3).squareRoot() / (v[i] + 1e-3).squareRoot() * g[i]
                u[i] = 0.8 * u[i] + 0.2 * d * d
                theta[i] -= 0.5 * d
            }
        }
    }

    @Test func `Muon makes the steps of matrices orthogonal and those of vectors like AdamW's`() throws {
        var buffer = zeros, v = zeros
        func product(_ x: [Double], _ y: [Double], _ n: Int, _ k: Int, _ m: Int) -> [Double] {
            (0..<n * m).map { place in (0..<k).reduce(0) { $0 + x[place / m * k + $1] * y[$1 * m + place % m] } }
        }
        try check("muon", { Muon($0, learningRate: 0.1, weightDecay: 0.2) }, within: 1e-11) { t, theta, g in
            for i in g.indices { theta[i] *= 1 - 0.1 * 0.2 }
            for i in 0..<6 { buffer[i] = 0.95 * buffer[i] + 0.05 * g[i] }
            // The 3 × 2 matrix as its transpose, [2, 3].
            let direction = (0..<6).map { 0.05 * g[$0] + 0.95 * buffer[$0] }
            var x = (0..<6).map { direction[$0 % 3 * 2 + $0 / 3] }
            let length = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
            x = x.map { $0 / length }
            for _ in 0..<5 {
                let xt = (0..<6).map { x[$0 % 2 * 3 + $0 / 2] }
                let a = product(x, xt, 2, 3, 2), aa = product(a, a, 2, 2, 2)
                let b = (0..<4).map { -4.7750 * a[$0] + 2.0315 * aa[$0] }
                x = zip(x, product(b, x, 2, 2, 3)).map { 3.4445 * $0 + $1 }
            }
            for i in 0..<6 { theta[i] -= 0.1 * 1.5.squareRoot() * x[i % 2 * 3 + i / 2] }
            for i in 6..<8 {
                buffer[i] = 0.9 * buffer[i] + 0.1 * g[i]
                v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i]
                let (mean, square) = (buffer[i] / (1 - pow(0.9, Double(t))), v[i] / (1 - pow(0.999, Double(t))))
                theta[i] -= 0.1 * mean / (square.squareRoot() + 1e-8)
            }
        }
    }

    @Test(arguments: makers.indices)
    func `minimize, compiled steps and applied gradients are one and the same`(number: Int) throws {
        let models = [Bowl(), Bowl(), Bowl()]
        let optimizers = models.map(makers[number].make)
        let (model, optimizer) = (models[1], optimizers[1])
        let step = compiled { (scale: Tensor) in
            let loss = model.loss(scale)
            optimizer.update(minimizing: loss)
            return loss
        }
        for _ in 1...4 {
            let loss = models[0].loss()
            try optimizers[0].minimize(loss)
            #expect(try step(Tensor(1, .float64)).item().isClose(to: loss.item()))
            try optimizers[2].apply(gradients(of: models[2].loss(), models[2]))
        }
        let expected = try models[0].theta()
        for other in models.dropFirst() {
            try expectClose(
                concatenate([other.matrix.value.flattened(), other.vector.value]), expected, within: 1e-13,
                "\(makers[number].name)")
        }
        #expect(try Bowl().theta() != expected)
        // A step is one plan.
        let recorder = PlanRecorder()
        let loss = models[0].loss()
        try recorder.recording { try optimizers[0].minimize(loss) }
        #expect(recorder.takeRuns().count == 1)
    }

    @Test(arguments: makers.indices)
    func `state that is put back gives the same steps again`(number: Int) throws {
        let model = Bowl()
        let optimizer = makers[number].make(model)
        for _ in 1...3 { try optimizer.minimize(model.loss()) }
        let cells = optimizer.state.map(\.variable) + model.parameters.map(\.variable)
        #expect(Set(optimizer.state.map(\.path)).count == optimizer.state.count)
        let kept = try cells.map { try ($0.value.doubles(), $0.value.shape, $0.value.elementType) }
        func goOn() throws -> [Double] {
            for _ in 1...3 { try optimizer.minimize(model.loss()) }
            return try model.theta()
        }
        let first = try goOn()
        for (cell, value) in zip(cells, kept) { cell.value = Tensor(value.0, shape: value.1, value.2) }
        #expect(try goOn() == first)
    }

    @Test func `groups have factors, decay and centring of their own`() throws {
        let model = Bowl()
        let optimizer = SGD(
            [
                ParameterGroup(model.matrix, rateFactor: 0.5, centralizesGradients: true),
                ParameterGroup(model.vector, weightDecay: 0),
            ], learningRate: 0.1, weightDecay: 0.3)
        var theta = try model.theta()
        for rate in [0.1, 0.2] {
            optimizer.learningRate = Tensor(rate, .float64)
            try optimizer.minimize(model.loss())
            let g = Bowl.gradient(theta)
            for row in 0..<3 {
                let mean = (g[row * 2] + g[row * 2 + 1]) / 2
                for i in [row * 2, row * 2 + 1] { theta[i] -= rate / 2 * (g[i] - mean + 0.3 * theta[i]) }
            }
            for i in 6..<8 { theta[i] -= rate * g[i] }
            try expectClose(model.matrix.value, Array(theta[..<6]))
            try expectClose(model.vector.value, Array(theta[6...]))
        }
    }

    @Test func `clipping by length and by value`() throws {
        var norm = 0.0
        try check("norm", { SGD($0, learningRate: 0.1).clippingGradients(norm: 2) }) { _, theta, g in
            norm = g.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for i in g.indices { theta[i] -= 0.1 * g[i] * min(1, 2 / (norm + 1e-6)) }
        }
        try check("value", { SGD($0, learningRate: 0.1).clippingGradients(value: 0.5) }) { _, theta, g in
            for i in g.indices { theta[i] -= 0.1 * min(max(g[i], -0.5), 0.5) }
        }
        let model = Bowl()
        let g = try gradients(of: model.loss(), model)
        let numbers = try #require(g["vector"]).doubles()
        try expectClose(#require(g.clipped(value: 0.3)["vector"]), numbers.map { min(max($0, -0.3), 0.3) })
        try expectClose(#require((g + g)["vector"]), numbers.map { 2 * $0 })
        try expectClose(sum(#require(g.centralized["matrix"]), axes: [1]), [0, 0, 0])
        // A rate set on the outside reaches the optimizer behind.
        let base = SGD(model, learningRate: 0.1)
        base.clippingGradients(norm: 1).learningRate = 0.25
        #expect(try base.learningRate.item() == 0.25)
    }

    @Test func `a step for every few gradients, along their mean`() throws {
        let (model, twin) = (Bowl(), Bowl())
        let optimizer = Adam(model, learningRate: 0.1).accumulating(3), reference = Adam(twin, learningRate: 0.1)
        for _ in 1...2 {
            let before = try model.theta()
            for scale in [1.0, 2, 6] {
                #expect(try model.theta() == before)
                try optimizer.minimize(model.loss(Tensor(scale, .float64)))
            }
            try reference.minimize(twin.loss(Tensor(3, .float64)))
            try expectClose(model.matrix.value, twin.matrix.value.doubles())
            try expectClose(model.vector.value, twin.vector.value.doubles())
        }
    }

    @Test func `averages of weights`() throws {
        for (rule, isEqual) in [(WeightAverage<Bowl>.Rule.exponential(decay: 0.7), false), (.equal, true)] {
            let model = Bowl()
            let optimizer = SGD(model, learningRate: 0.05)
            let average = WeightAverage(model, rule)
            var means: [Double] = []
            for n in 0..<4 {
                try optimizer.minimize(model.loss())
                try average.update()
                let theta = try model.theta()
                means =
                    n == 0
                    ? theta : zip(means, theta).map { isEqual ? $0 + ($1 - $0) / Double(n + 1) : 0.7 * $0 + 0.3 * $1 }
            }
            let own = try model.theta()
            try average.withAverages {
                try expectClose(concatenate([model.matrix.value.flattened(), model.vector.value]), means)
            }
            #expect(try model.theta() == own)
            try average.apply()
            try expectClose(model.vector.value, Array(means[6...]))
        }
    }

    @Test func `settings out of range are errors of the first step`() {
        let makers: [(Bowl) -> any Optimizer] = [
            { RMSProp($0, smoothing: 1) }, { RMSProp($0, momentum: -1) }, { Adagrad($0, rateDecay: -1) },
            { Adadelta($0, smoothing: 2) },
            { Adamax($0, betas: (0.9, 1)) }, { NAdam($0, learningRate: -1) }, { RAdam($0, epsilon: -1) },
            { LAMB($0, weightDecay: -1) },
            { Lion($0, betas: (-1, 0)) }, { Muon($0, momentum: 1) }, { Muon($0, iterations: 0) },
        ]
        for make in makers {
            let model = Bowl()
            let before = try? model.theta()
            let optimizer = make(model)
            #expect(message { try optimizer.minimize(model.loss()) }.contains("ValueError"))
            #expect((try? model.theta()) == before)
        }
    }

    @Test func `float32 parameters stay float32`() throws {
        for (name, make) in makers {
            let model = Bowl(.float32)
            let optimizer = make(model)
            for _ in 1...3 { try optimizer.minimize(model.loss()) }
            #expect(model.matrix.value.elementType == .float32, "\(name)")
            #expect(try model.theta().allSatisfy(\.isFinite), "\(name)")
        }
    }
}
