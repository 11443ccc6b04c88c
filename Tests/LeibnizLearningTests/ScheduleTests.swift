import Foundation
import Leibniz
import Testing

@Suite struct ScheduleTests {
    @Test(arguments: [1, 2, 10, 1000], [0, 1, 3, 10, 2000])
    func `a rate rises in a line to its peak, falls along half a cosine, and ends`(steps: Int, warmUpSteps: Int) {
        let schedule = CosineSchedule(peak: 0.5, steps: steps, warmUpSteps: warmUpSteps)
        let rise = min(warmUpSteps, steps)
        for step in 0..<steps {
            let expected =
                step < rise
                ? 0.5 * Double(step + 1) / Double(rise)
                : 0.25 + 0.25 * cos(Double.pi * Double(step - rise) / Double(steps - rise))
            #expect(abs(schedule.rate(at: step) - expected) < 1e-12)
        }
        #expect(schedule.rate(at: steps) == 0)
        #expect((0..<steps).map { schedule.rate(at: $0) }.max() == 0.5)
    }

    @Test func `numbers out of range are brought into it`() {
        #expect(CosineSchedule(peak: 1, steps: 0).rate(at: 0) == 1)
        #expect(CosineSchedule(peak: 1, steps: 10, warmUpSteps: -1) == CosineSchedule(peak: 1, steps: 10))
        #expect(CosineSchedule(peak: 1, steps: 10, warmUpSteps: 5).rate(at: -7) == 0.2)
    }

    @Test func `the steps of an optimizer follow its schedule`() throws {
        let model = withSeed(1) { Linear(2, 1) }
        let before = model.weight.value
        try evaluate(before)
        let optimizer = SGD(model, learningRate: 1)
        let step = compiled { (x: Tensor) in
            let loss = sum(model(x))
            optimizer.update(minimizing: loss)
            return loss
        }
        let schedule = CosineSchedule(peak: 0.1, steps: 6, warmUpSteps: 2)
        let x: Tensor = [[1, 2]]
        for number in 0..<6 {
            optimizer.learningRate = Tensor(schedule.rate(at: number), .float64)
            try step(x).evaluated()
        }
        // The gradient of the weight is x at every step, so that it moves by the sum of the rates times x.
        let total = (0..<6).reduce(0) { $0 + schedule.rate(at: $1) }
        try expectClose(model.weight.value - before, [-total, -2 * total], within: 1e-6)
    }
}
