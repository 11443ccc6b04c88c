import Foundation
import Leibniz
import Testing

/// L(θ) = ½ Σ (a θ − b)², whose gradient is a (a θ − b): enough curvature to tell optimizers apart.
private struct Bowl: Module {
    let theta: Parameter
    static let (a, b) = ([1.0, -2, 0.5], [0.3, 1, -2])

    init(_ type: ElementType = .float64) { theta = Parameter(Tensor([1.0, 2, -1], type)) }
    var loss: Tensor {
        let (a, b) = (Tensor(Bowl.a, theta.value.elementType), Tensor(Bowl.b, theta.value.elementType))
        return 0.5 * sum((a * theta.value - b) * (a * theta.value - b))
    }
    static func gradient(_ theta: [Double]) -> [Double] {
        theta.indices.map { a[$0] * (a[$0] * theta[$0] - b[$0]) }
    }
}

@Suite struct `Optimizers` {
    /// Steps by the formula of each optimizer's documentation, on plain numbers.
    private func check(
        _ make: (Bowl) -> any Optimizer, steps: Int = 7,
        _ step: (_ t: Int, _ theta: inout [Double], _ gradient: [Double]) -> Void
    ) throws {
        let model = Bowl()
        let optimizer = make(model)
        var theta = try model.theta.value.doubles()
        for t in 1...steps {
            try optimizer.minimize(model.loss)
            step(t, &theta, Bowl.gradient(theta))
            try expectClose(model.theta.value, theta, within: 1e-13, "step \(t)")
        }
    }

    /// A unit that nothing reaches any more has a gradient of 0, and state that decays until it is 0 too, not subnormal for ever.
    @Test func `momentum that decays ends at zero`() throws {
        struct Unit: Module { let weight = Parameter(Tensor([1.0, 2], .float32)) }
        let makers: [(Unit) -> any Optimizer] = [
            { SGD($0, learningRate: 0.1, momentum: 0.5) }, { Adam($0, betas: (0.5, 0.5)) },
            { RMSProp($0, smoothing: 0.5, momentum: 0.5) }, { Lion($0, learningRate: 0.1, betas: (0.5, 0.5)) },
        ]
        for make in makers {
            let model = Unit()
            let optimizer = make(model)
            let step = compiled { (x: Tensor) in
                let loss = sum(model.weight.value * x)
                optimizer.update(minimizing: loss)
                return loss
            }
            _ = try step(Tensor([1, 1], .float32))
            // 2⁻¹²⁶ is the least normal number.
            for _ in 0..<128 { _ = try step(Tensor([0, 1], .float32)) }
            for (path, variable) in optimizer.state where path.hasPrefix("weight.") {
                let values = try variable.value.doubles()
                #expect(values[0] == 0 && values[1] != 0, "\(type(of: optimizer)): \(path) \(values)")
            }
        }
    }

    @Test func `plain gradient descent`() throws {
        try check({ SGD($0, learningRate: 0.1) }) { _, theta, g in
            for i in theta.indices { theta[i] -= 0.1 * g[i] }
        }
    }

    @Test(arguments: [
        (0.9, 0, false, 0), (0.9, 0, true, 0.01), (0.5, 0.3, false, 0.1), (0, 0, false, 0.2), (0.9, 1, false, 0),
    ])
    func `gradient descent with momentum, dampening, Nesterov and decay`(
        _ mu: Double, _ tau: Double, _ isNesterov: Bool, _ lambda: Double
    ) throws {
        var v: [Double]?
        try check({
            SGD($0, learningRate: 0.1, momentum: mu, dampening: tau, nesterov: isNesterov, weightDecay: lambda)
        }) { _, theta, raw in
            let g = theta.indices.map { raw[$0] + lambda * theta[$0] }
            let velocity = v.map { v in v.indices.map { mu * v[$0] + (1 - tau) * g[$0] } } ?? g
            v = velocity
            for i in theta.indices {
                theta[i] -= 0.1 * (mu == 0 ? g[i] : isNesterov ? g[i] + mu * velocity[i] : velocity[i])
            }
        }
    }

    @Test(arguments: [false, true])
    func `Adam and AdamW`(_ decouples: Bool) throws {
        let (alpha, b1, b2, epsilon, lambda) = (0.05, 0.8, 0.95, 1e-6, 0.1)
        var (m, v) = ([0.0, 0, 0], [0.0, 0, 0])
        try check({
            decouples
                ? AdamW($0, learningRate: alpha, betas: (b1, b2), epsilon: epsilon, weightDecay: lambda)
                    as any Optimizer
                : Adam($0, learningRate: alpha, betas: (b1, b2), epsilon: epsilon, weightDecay: lambda)
        }) { t, theta, raw in
            for i in theta.indices {
                let g = raw[i] + (decouples ? 0 : lambda * theta[i])
                if decouples { theta[i] *= 1 - alpha * lambda }
                m[i] = b1 * m[i] + (1 - b1) * g
                v[i] = b2 * v[i] + (1 - b2) * g * g
                let (mean, square) = (m[i] / (1 - pow(b1, Double(t))), v[i] / (1 - pow(b2, Double(t))))
                theta[i] -= alpha * mean / (square.squareRoot() + epsilon)
            }
        }
    }

    @Test func `minimize, compiled steps and applied gradients are one and the same`() throws {
        let makers: [@Sendable (Bowl) -> any Optimizer] = [
            { SGD($0, learningRate: 0.1, momentum: 0.9, dampening: 0.2, weightDecay: 0.1) },
            { Adam($0, learningRate: 0.1) },
            { AdamW($0, learningRate: 0.1) },
        ]
        for make in makers {
            let models = [Bowl(), Bowl(), Bowl()]
            let optimizers = models.map(make)
            let (model, optimizer) = (models[1], optimizers[1])
            let step = compiled { (scale: Tensor) in
                let loss = scale * model.loss
                optimizer.update(minimizing: loss)
                return loss
            }
            for _ in 1...5 {
                let loss = models[0].loss
                try optimizers[0].minimize(loss)
                #expect(try step(Tensor(1, .float64)).item() == loss.item())
                try optimizers[2].apply(gradients(of: models[2].loss, models[2]))
            }
            let expected = try models[0].theta.value.doubles()
            try expectClose(models[1].theta.value, expected, within: 1e-15)
            try expectClose(models[2].theta.value, expected, within: 1e-15)
        }
    }

    @Test func `a learning rate changes between steps, outside and inside of compiled`() throws {
        let model = Bowl()
        let optimizer = SGD(model, learningRate: 0.1)
        var theta = try model.theta.value.doubles()
        func expectStep(_ rate: Double) throws {
            let g = Bowl.gradient(theta)
            theta = theta.indices.map { theta[$0] - rate * g[$0] }
            try expectClose(model.theta.value, theta, within: 1e-14)
        }
        try optimizer.minimize(model.loss)
        try expectStep(0.1)
        optimizer.learningRate *= 0.5
        try optimizer.minimize(model.loss)
        try expectStep(0.05)
        optimizer.learningRate = 0.2
        try optimizer.minimize(model.loss)
        try expectStep(0.2)
        optimizer.learningRate = Tensor([[0.25]], .float32)
        try optimizer.minimize(model.loss)
        try expectStep(0.25)

        // A schedule inside: half the rate after every step.
        let step = compiled { (x: Tensor) in
            optimizer.update(minimizing: model.loss * x)
            optimizer.learningRate *= 0.5
            return x
        }
        for rate in [0.25, 0.125] {
            _ = try step(Tensor(1, .float64))
            try expectStep(rate)
        }
        // One from outside reaches a compiled step as well.
        optimizer.learningRate = 1
        _ = try step(Tensor(1, .float64))
        try expectStep(1)
        optimizer.learningRate = Tensor([1.0, 2])
        #expect(message { try optimizer.minimize(model.loss) }.contains("a learning rate is one number"))
    }

    @Test func `gradients are found by parameter and by path, and clipped to a length`() throws {
        let model = withElementType(.float64) { Linear(2, 3) }
        let x = normal([4, 2], seed: 1)
        let g = try gradients(of: sum(model(x) * model(x)), model)
        let weight = try #require(g["weight"]), second = try #require(model.bias)
        let bias = try #require(g[second])
        #expect(try #require(g[model.weight]).doubles() == weight.doubles())
        #expect(g["other"] == nil)
        let length = try (weight.doubles() + bias.doubles()).map { $0 * $0 }.reduce(0, +).squareRoot()
        try expectClose(g.norm, [length])
        try expectClose(g.clipped(norm: 1).norm, [length / (length + 1e-6)])
        let scaled = try weight.doubles().map { $0 / (length + 1e-6) }
        try expectClose(#require(g.clipped(norm: 1)["weight"]), scaled)
        try expectClose(#require(g.clipped(norm: 2 * length)["weight"]), weight.doubles())
    }

    @Test func `a parameter that does not influence the loss has gradient zero; a loss without any is an error`() throws
    {
        let (a, b) = (Linear(1, 1), Linear(1, 1))
        let g = try gradients(of: sum(a(Tensor.ones([1, 1]))), [a, b])
        #expect(try #require(g["1.weight"]).doubles() == [0])
        let stranger = sum(b(Tensor.ones([1, 1])))
        #expect(message { _ = try gradients(of: stranger, a) }.contains("ValueError"))
        #expect(message { try SGD(a, learningRate: 1).minimize(stranger) }.contains("ValueError"))
        #expect(message { try SGD(a, learningRate: 1).minimize(a(Tensor.ones([2, 1]))) }.contains("scalar"))
    }

    @Test func `settings out of range are errors of the first step`() {
        let makers: [(any Module) -> any Optimizer] = [
            { SGD($0, learningRate: -1) }, { SGD($0, learningRate: .nan) }, { SGD($0, learningRate: 1, momentum: -1) },
            { SGD($0, learningRate: 1, weightDecay: -1) }, { SGD($0, learningRate: 1, nesterov: true) },
            { SGD($0, learningRate: 1, momentum: 0.9, dampening: 0.1, nesterov: true) },
            { Adam($0, learningRate: .infinity) }, { Adam($0, betas: (1, 0.9)) }, { AdamW($0, epsilon: -1) },
        ]
        for make in makers {
            let model = Bowl()
            let optimizer = make(model)
            #expect(message { try optimizer.minimize(model.loss) }.contains("ValueError"))
            #expect((try? model.theta.value.doubles()) == [1, 2, -1])
        }
    }

    @Test func `float32 and float64 parameters may stand in one model`() throws {
        struct Mixed: Module {
            let single = Parameter(Tensor([1.0, 2])), double = Parameter(Tensor([3.0, 4], .float64))
        }
        for make in [{ SGD($0, learningRate: 0.1, momentum: 0.9) }, { Adam($0) }] as [(Mixed) -> any Optimizer] {
            let model = Mixed()
            let optimizer = make(model)
            for _ in 1...3 {
                try optimizer.minimize(sum(model.single.value * model.double.value))
                try optimizer.apply(gradients(of: sum(model.single.value * model.double.value), model).clipped(norm: 1))
            }
            #expect(model.single.value.elementType == .float32)
            #expect(model.double.value.elementType == .float64)
        }
    }

    @Test func `a converted model goes on under its old optimizer`() throws {
        let model = Bowl(.float32)
        let optimizer = Adam(model, learningRate: 0.1)
        let step = compiled { (x: Tensor) in
            optimizer.update(minimizing: model.loss)
            return x
        }
        _ = try step(Tensor(1))
        try model.convertParameters(to: .float64)
        _ = try step(Tensor(1))
        try optimizer.minimize(model.loss)
        #expect(model.theta.value.elementType == .float64)
        #expect(try model.theta.value.doubles().allSatisfy(\.isFinite))
    }
}
