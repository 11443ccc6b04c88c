import Foundation
import Testing

@testable import LeibnizCommand

@Suite struct RandomBenchTests {
    /// A small program of every kind and operation.
    static let tiny = [
        #"{"kind":"convolution","type":"float32","input":[2,4,7,6],"weight":[6,2,3,1],"stride":[2,1],"padding":[1,0],"dilation":[1,2],"groups":2,"gradient":true}"#,
        #"{"kind":"convolution","type":"float64","input":[1,3,5,5],"weight":[4,3,1,1],"stride":[1,1],"padding":[0,0],"dilation":[1,1],"groups":1,"gradient":false}"#,
        #"{"kind":"pool","operation":"max","type":"float32","input":[2,3,7,7],"kernel":[3,3],"stride":[2,2],"padding":[1,1],"gradient":true}"#,
        #"{"kind":"pool","operation":"average","type":"float64","input":[1,2,6,5],"kernel":[2,3],"stride":[2,3],"padding":[0,1],"gradient":true}"#,
        #"{"kind":"einsum","formula":"bij,bjk->bik","type":"float32","left":[2,3,4],"right":[2,4,5],"gradient":true}"#,
        #"{"kind":"einsum","formula":"ij,j->i","type":"float64","left":[3,4],"right":[4],"gradient":false}"#,
        #"{"kind":"reduction","operation":"sum","type":"float32","input":[3,4,5],"axes":[0,2],"gradient":true}"#,
        #"{"kind":"reduction","operation":"mean","type":"float64","input":[7],"axes":[0],"gradient":true}"#,
        #"{"kind":"reduction","operation":"max","type":"float32","input":[3,4],"axes":[1],"gradient":true}"#,
        #"{"kind":"reduction","operation":"logsumexp","type":"float32","input":[3,4],"axes":[0],"gradient":true}"#,
        #"{"kind":"reduction","operation":"variance","type":"float32","input":[3,4],"axes":[0,1],"gradient":true}"#,
        #"{"kind":"transpose","type":"float32","input":[2,3,4],"order":[2,0,1]}"#,
        #"{"kind":"concatenation","type":"float64","inputs":[[2,3],[1,3],[4,3]],"axis":0}"#,
        #"{"kind":"cumulative-sum","type":"float32","input":[3,5],"axis":0,"gradient":true}"#,
        #"{"kind":"chain","type":"float32","input":[3,4],"operations":["tanh","exp-neg-abs","sigmoid","sin","square","sqrt-abs","relu","log1p-abs"],"gradient":true}"#,
        #"{"kind":"chain","type":"float64","input":[3,4],"operations":["add-b","multiply-b","add-row","max-b","subtract-b"],"gradient":true}"#,
    ]

    /// The descriptions that a run prints, line by line.
    private func described(_ count: Int, seed: Int) throws -> [String] {
        let run = try leibniz(["bench", "--random", "\(count)", "--seed", "\(seed)", "--describe"])
        #expect(run.status == 0 && run.errors.isEmpty)
        return run.output.split(separator: "\n").map(String.init)
    }

    @Test func `the same seed draws the same programs, another others, and more go on where fewer end`() throws {
        let first = try described(30, seed: 1)
        #expect(first.count == 30 && Set(first).count == 30)
        #expect(try described(30, seed: 1) == first)
        #expect(try described(50, seed: 1).prefix(30) == first[...])
        #expect(Set(try described(30, seed: -1)).isDisjoint(with: first))
    }

    @Test(arguments: [0, 1, 2])
    func `every kind and type occurs, and descriptions read back are the same`(seed: Int) throws {
        let drawn = RandomWorkload.drawn(200, seed: seed)
        #expect(
            Set(drawn.map { type(of: $0.program).kind }) == [
                "convolution", "pool", "einsum", "reduction", "transpose", "concatenation", "cumulative-sum", "chain",
            ])
        #expect((10...70).contains(drawn.count { $0.program.type == .float64 }))
        for text in drawn.map({ "\($0.json)" }) + Self.tiny {
            let read = try JSONDecoder().decode(RandomWorkload.self, from: Data(text.utf8))
            #expect("\(read.json)" == text)
        }
    }

    @Test func `programs that descriptions name are checked and timed`() throws {
        let input = Self.tiny.map { "{\"description\":\($0)}\n{\"seconds\":0.001}\n" }.joined()
        let answers = try leibniz(["bench", "--serve"], input: input).jsonLines()
        try #require(answers.count == 2 * Self.tiny.count)
        for (number, description) in Self.tiny.enumerated() {
            let (ready, time) = (answers[2 * number], answers[2 * number + 1])
            #expect(ready["ready"] as? Bool == true, "\(description): \(ready)")
            #expect(time["microseconds"] as? Double ?? 0 > 0, "\(description): \(time)")
        }
    }

    @Test func `one of the programs is timed and explained alone`() throws {
        let arguments = ["--seed", "4", "--rounds", "1", "--json"]
        let run = try leibniz(["bench", "--random", "5", "--only", "random-3"] + arguments)
        let description = try #require(try run.json()["description"] as? NSDictionary)
        let drawn = try JSONSerialization.jsonObject(with: Data(try described(3, seed: 4)[2].utf8))
        #expect(description == drawn as? NSDictionary)
        let explained = try leibniz(["explain", "random-3"] + arguments).json()
        #expect(explained["workload"] as? String == "random-3")
    }

    @Test func `a program that a run draws is described beside its time`() throws {
        let run = try leibniz(["bench", "--random", "1", "--seed", "4", "--rounds", "1", "--json"])
        let description = try #require(try run.json()["description"] as? NSDictionary)
        let drawn = try JSONSerialization.jsonObject(with: Data(try described(1, seed: 4)[0].utf8))
        #expect(description == drawn as? NSDictionary)
    }

    /// Descriptions of nothing, and what the answer must contain.
    static let wrong: [(description: String, answer: String)] = [
        (#"{"kind":"sonata"}"#, "no kind of description is called sonata: there are convolution, pool, einsum"),
        (#"{"type":"float32"}"#, "kind is missing"),
        (#"{"kind":"transpose","type":"float32","input":[4,3]}"#, "order is missing"),
        (#"{"kind":"transpose","type":"float16","input":[4,3],"order":[1,0]}"#, "float16"),
        (#"{"kind":"transpose","type":"float32","input":[4,3],"order":[1,1]}"#, "order does not name each axis once"),
        (#"{"kind":"transpose","type":"float32","input":[4,-3],"order":[1,0]}"#, "extents are at least 1"),
        (
            #"{"kind":"pool","operation":"max","type":"float32","input":[1,1,2,2],"kernel":[3,3],"stride":[0,1],"padding":[0,0],"gradient":false}"#,
            "stride is two numbers, each at least 1"
        ),
        (
            #"{"kind":"einsum","formula":"ij,jk","type":"float32","left":[2,3],"right":[3,2],"gradient":false}"#,
            "the formula does not name the axes"
        ),
        (
            #"{"kind":"reduction","operation":"sum","type":"float32","input":[999999999,999999999],"axes":[0],"gradient":false}"#,
            "an input has at most"
        ),
    ]

    @Test func `a description of nothing is answered by what is wrong`() throws {
        // The server goes on after each.
        let lines = Self.wrong.map(\.description) + [Self.tiny[11]]
        let input = lines.map { "{\"description\":\($0)}\n" }.joined()
        let answers = try leibniz(["bench", "--serve"], input: input).jsonLines()
        try #require(answers.count == lines.count)
        for ((description, answer), found) in zip(Self.wrong, answers) {
            #expect((found["error"] as? String)?.contains(answer) == true, "\(description): \(found)")
        }
        #expect(answers.last?["ready"] as? Bool == true)
    }
}
