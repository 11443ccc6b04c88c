import Leibniz

/// Loops as users write them, none of which may gather memory.
enum Scenario: String, CaseIterable {
    /// The article's first program.
    case linearRegression = "linear-regression"
    /// The same with the loss looked at before and after each step.
    case items
    /// The same with a running average that nobody looks at.
    case runningAverage = "running-average"
    /// Running averages of the parameters.
    case parameterAverage = "parameter-average"
    /// θ ← θ − α∇L(θ) on a plain tensor.
    case descent
    /// Gradients in hand, clipped and applied.
    case clipped
    /// The article's second program, in a plain loop on small batches.
    case convnet
    /// The same as a compiled step whose rate follows a schedule.
    case compiled
    /// Forward passes that nobody differentiates.
    case forward
    /// An LSTM on sequences of 1,000 steps, as a compiled step.
    case recurrent

    /// One iteration of the loop, given its number.
    func loop() throws -> () throws -> Void {
        switch self {
        case .linearRegression, .items, .runningAverage, .parameterAverage: linearLoop()
        case .descent: descentLoop()
        case .clipped: clippedLoop()
        case .convnet, .compiled, .forward: networkLoop()
        case .recurrent: recurrentLoop()
        }
    }

    private func linearLoop() -> () throws -> Void {
        let x = Tensor.normal([100, 1], seed: 1)
        let y = 2 * x + 3 + Tensor.normal([100, 1], seed: 2)
        let model = Linear(1, 1)
        let optimizer = SGD(model, learningRate: 0.01, momentum: 0.5)
        var average: Tensor = 0
        return {
            let loss = meanSquaredError(model(x), y)
            if self == .items { _ = try loss.item() }
            try optimizer.minimize(loss)
            switch self {
            case .items: _ = try loss.item()
            case .runningAverage: average = 0.9 * average + 0.1 * loss
            case .parameterAverage: average = 0.9 * average + 0.1 * model.weight.value
            default: break
            }
        }
    }

    private func descentLoop() -> () throws -> Void {
        let x = Tensor.normal([100, 3], seed: 1)
        let y = Tensor.normal([100], seed: 2)
        let loss = { (theta: Tensor) in mean((matmul(x, theta) - y) * (matmul(x, theta) - y)) }
        let alpha = 0.01
        var theta = Tensor.normal([3], seed: 3)
        return { theta -= alpha * (∇loss)(theta) }
    }

    private func clippedLoop() -> () throws -> Void {
        let x = Tensor.normal([20, 3], seed: 1)
        let model = Sequential(Linear(3, 4), ReLU(), Linear(4, 1))
        let optimizer = Adam(model)
        return {
            let g = try gradients(of: mean(model(x) * model(x)), model)
            try optimizer.apply(g.clipped(norm: 1))
        }
    }

    private func networkLoop() -> () throws -> Void {
        let images = Tensor.normal([4, 1, 32, 32], seed: 1)
        let labels = Tensor([3, 1, 4, 1])
        let model = ConvNet()
        let optimizer = Adam(model)
        let step = Leibniz.compiled { (x: Tensor, y: Tensor) in
            let loss = crossEntropy(model(x), y)
            optimizer.update(minimizing: loss)
            return loss
        }
        let schedule = CosineSchedule(peak: 0.001, steps: 1000)
        var number = 0
        return {
            switch self {
            case .compiled:
                number += 1
                optimizer.learningRate = Tensor(schedule.rate(at: number), .float64)
                _ = try step(images, labels).item()
            case .forward: _ = try model(images).doubles()
            default:
                let loss = crossEntropy(model(images), labels)
                try optimizer.minimize(loss)
                _ = try loss.item()
            }
        }
    }

    private func recurrentLoop() -> () throws -> Void {
        let x = Tensor.normal([1000, 2, 3], seed: 1)
        let model = LSTM(3, 8)
        let optimizer = Adam(model)
        let step = Leibniz.compiled { (x: Tensor) in
            let loss = mean(model(x) * model(x))
            optimizer.update(minimizing: loss)
            return loss
        }
        return { _ = try step(x).item() }
    }
}
