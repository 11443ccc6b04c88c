import Foundation
import Leibniz
import Testing

@Suite struct `Schedule formulas` {
    private func expect(
        _ schedule: some Schedule, _ count: Int, _ comment: Comment, _ formula: (Int) -> Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for step in 0..<count {
            let (rate, expected) = (schedule.rate(at: step), formula(step))
            #expect(
                rate.isClose(to: expected, within: 1e-14), "\(comment) at \(step): \(rate), not \(expected)",
                sourceLocation: sourceLocation)
        }
    }

    @Test func `falls by factors`() {
        expect(StepSchedule(initial: 0.4, every: 3, factor: 0.5), 10, "step") { 0.4 * pow(0.5, Double($0 / 3)) }
        expect(MultiStepSchedule(initial: 0.4, milestones: [5, 2, 5]), 8, "milestones") {
            0.4 * ($0 < 2 ? 1 : $0 < 5 ? 0.1 : 0.001)
        }
        expect(ExponentialSchedule(initial: 0.4, factor: 0.9), 10, "exponential") { 0.4 * pow(0.9, Double($0)) }
        expect(PolynomialSchedule(initial: 0.4, steps: 4, power: 2), 8, "polynomial") {
            0.4 * pow(Double(max(0, 4 - $0)) / 4, 2)
        }
        expect(ConstantSchedule(0.3), 3, "constant") { _ in 0.3 }
        expect(FunctionSchedule(initial: 2) { 1 / Double($0 + 1) }, 5, "function") { 2 / Double($0 + 1) }
    }

    @Test func `warm-ups`() {
        expect(LinearSchedule(initial: 0.6, from: 0.5, steps: 4), 8, "linear") {
            0.6 * (0.5 + 0.5 * Double(min($0, 4)) / 4)
        }
        expect(DelayedSchedule(initial: 0.6, factor: 0.5, steps: 2), 5, "delayed") { $0 < 2 ? 0.3 : 0.6 }
    }

    @Test func `cosines, with restarts`() {
        func fall(_ place: Int, _ length: Int) -> Double {
            0.1 + 0.4 * (1 + cos(Double.pi * Double(place) / Double(length))) / 2
        }
        expect(CosineAnnealingSchedule(initial: 0.5, period: 4, minimum: 0.1), 10, "cosine") { fall($0, 4) }
        expect(CosineAnnealingSchedule(initial: 0.5, restartingAfter: 3, minimum: 0.1), 10, "restarts") {
            fall($0 % 3, 3)
        }
        let places = [(0, 2), (1, 2), (0, 4), (1, 4), (2, 4), (3, 4), (0, 8), (1, 8)]
        expect(CosineAnnealingSchedule(initial: 0.5, restartingAfter: 2, growth: 2, minimum: 0.1), 8, "growing") {
            fall(places[$0].0, places[$0].1)
        }
    }

    @Test func `one cycle rises once and falls below where it began`() {
        let schedule = OneCycleSchedule(
            peak: 1, steps: 11, rise: 0.5, annealing: .linear, division: 10, finalDivision: 100)
        #expect(schedule.rate(at: 0) == 0.1 && schedule.initial == 0.1)
        expect(schedule, 11, "linear") { t in
            let t = Double(t)
            return t <= 4.5 ? 0.1 + 0.9 * t / 4.5 : 1 + (0.001 - 1) * (t - 4.5) / 5.5
        }
        #expect(schedule.rate(at: 10).isClose(to: 0.001) && schedule.rate(at: 50).isClose(to: 0.001))
        let three = OneCycleSchedule(peak: 1, steps: 10, rise: 0.4, division: 10, finalDivision: 100, threePhases: true)
        #expect(
            three.rate(at: 3).isClose(to: 1) && three.rate(at: 6).isClose(to: 0.1)
                && three.rate(at: 9).isClose(to: 0.001))
        #expect(three.rate(at: 0) < three.rate(at: 1) && three.rate(at: 4) > three.rate(at: 5))
    }

    @Test func `one after the other, and at the same time`() {
        let warm = LinearSchedule(initial: 1, from: 0.25, steps: 3), fall = ExponentialSchedule(initial: 1, factor: 0.5)
        expect(SequentialSchedule([warm, fall], milestones: [3]), 8, "sequential") {
            $0 < 3 ? warm.rate(at: $0) : pow(0.5, Double($0 - 3))
        }
        expect(ChainedSchedule(warm, fall, initial: 2), 8, "chained") { 2 * warm.rate(at: $0) * pow(0.5, Double($0)) }
        #expect(SequentialSchedule([], milestones: []).rate(at: 3) == 0)
    }

    @Test func `a plateau lowers the rate when a measure stops getting better`() {
        var plateau = PlateauSchedule(
            initial: 1, factor: 0.5, patience: 1, threshold: .absolute(0.1), cooldown: 1, minimum: 0.2)
        let measures = [1.0, 0.95, 0.94, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
        //               best  bad  2 bad → ½, cooldown; 0.5 is better; …
        let rates = measures.map { plateau.rate(after: $0) }
        #expect(rates == [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2])
        var rising = PlateauSchedule(initial: 1, direction: .higher, patience: 0)
        #expect([0.5, 0.6, 0.6].map { rising.rate(after: $0) } == [1, 1, 0.1])
    }

    @Test func `an optimizer follows`() throws {
        let model = Linear(1, 1)
        let optimizer = SGD(model, learningRate: 1)
        optimizer.follow(StepSchedule(initial: 0.5, every: 2), at: 2)
        #expect(try optimizer.learningRate.item() == 0.05)
    }
}
