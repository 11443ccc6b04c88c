import Leibniz
import TestFiles
import Testing

/// What a loop of the probe costs; see `Tests/LearningProbe`. `scripts/soak` runs the same loops for 10,000 steps.
private struct Endurance: Decodable {
    let plans_of_second_step: Int, kernels_of_second_step: Int, plans_later: Int
    let growth_kib: Int
}

private struct Bits: Decodable, Equatable {
    let parameters: String, batches: String, numbers: String
}

@Suite struct `Long loops` {
    @Test(arguments: [
        ("linear-regression", 600, 0), ("items", 600, 0), ("running-average", 1200, 4), ("parameter-average", 1200, 4),
        ("descent", 1400, 8), ("clipped", 200, 0), ("convnet", 60, 0), ("compiled", 60, 0), ("forward", 60, 0),
        ("recurrent", 60, 0),
    ])
    func `stay flat in memory and compile nothing after their first step`(
        _ scenario: String, _ steps: Int, _ plansAllowed: Int
    ) throws {
        let isNetwork = ["convnet", "compiled", "forward", "recurrent"].contains(scenario)
        let steps = isNetwork && Program.isInterpreted ? 8 : steps
        let cost: Endurance = try Program.probe("endure", scenario, "\(steps)", "\(steps / 2)")
        #expect(cost.plans_of_second_step == 0)
        #expect(cost.kernels_of_second_step == 0)
        // Where nobody looks at a value, long chains are computed now and then, always by the same few plans.
        #expect(cost.plans_later <= plansAllowed)
        #expect(cost.growth_kib < 5 * 1024)
    }

    @Test func `the same seed gives the same bits, another seed others, whatever the number of threads`() throws {
        func bits(_ seed: Int, threads: Int) throws -> Bits {
            let steps = Program.isInterpreted ? 1 : 4
            return try Program.probe(
                "bits", "\(seed)", "\(steps)", environment: ["LEIBNIZ_THREADS": "\(threads)"])
        }
        let first = try bits(1, threads: 2)
        #expect(try bits(1, threads: 2) == first)
        let single = try bits(1, threads: 1)
        #expect(try bits(1, threads: 1) == single)
        #expect(single.batches == first.batches)
        #expect(single.numbers == first.numbers)
        let other = try bits(2, threads: 2)
        #expect(other.parameters != first.parameters)
        #expect(other.batches != first.batches)
        #expect(other.numbers != first.numbers)
    }
}
