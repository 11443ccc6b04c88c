import Foundation
import Leibniz
import Synchronization
import Testing

/// Runs tasks on threads of their own, which start together, to their ends.
private func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let ends = DispatchGroup()
    let started = Counter()
    for number in 0..<count {
        ends.enter()
        Thread.detachNewThread {
            started.count.add(1, ordering: .acquiringAndReleasing)
            while started.count.load(ordering: .acquiring) < count { Thread.sleep(forTimeInterval: 0.0005) }
            body(number)
            ends.leave()
        }
    }
    ends.wait()
}

private final class Counter: Sendable {
    let count = Atomic<Int>(0)
}

@Suite struct `Updates` {
    private let x = normal([50, 8], seed: 1), y = normal([50, 1], seed: 2)

    private func network() -> Sequential {
        withElementType(.float64) { withSeed(5) { Sequential(Linear(8, 16), ReLU(), Linear(16, 1)) } }
    }

    @Test func `a step that throws changes neither parameters nor the optimizer's state`() throws {
        let (model, twin) = (withSeed(1) { Linear(3, 4) }, withSeed(1) { Linear(3, 4) })
        let x = Tensor.normal([5, 3], seed: 1)
        let good = Tensor([0, 1, 2, 3, 0]), bad = Tensor([0, 1, 2, 4, 0])
        for make in [{ SGD($0, learningRate: 0.1, momentum: 0.9, dampening: 0.1) }, { Adam($0) }, { AdamW($0) }]
            as [@Sendable (Linear) -> any Optimizer]
        {
            let (optimizer, reference) = (make(model), make(twin))
            let step = compiled { (labels: Tensor) in
                let loss = crossEntropy(model(x), labels)
                optimizer.update(minimizing: loss)
                return loss
            }
            let invalid = compiled { (wrong: Tensor) in
                let loss = meanSquaredError(model(wrong), x)
                optimizer.update(minimizing: loss)
                return loss
            }
            for _ in 1...2 {
                try optimizer.minimize(crossEntropy(model(x), good))
                let before = try bits(of: model)
                // A label out of range is found while the plan runs, a shape before.
                #expect(message { try optimizer.minimize(crossEntropy(model(x), bad)) }.contains("IndexError"))
                #expect(message { _ = try step(bad) }.contains("IndexError"))
                #expect(message { _ = try invalid(Tensor.zeros([5, 7])) }.contains("ShapeError"))
                #expect(message { try optimizer.minimize(sum(model(Tensor.zeros([5, 7])))) }.contains("ShapeError"))
                let wrong = try gradients(of: sum(gatheredLogits(model, x, bad)), model)
                #expect(message { try optimizer.apply(wrong) }.contains("IndexError"))
                #expect(try bits(of: model) == before)
                try reference.minimize(crossEntropy(twin(x), good))
                // The state is untouched too: the next steps are those of an optimizer that never failed.
                #expect(try bits(of: model) == bits(of: twin))
            }
        }
    }

    /// Logits taken at classes, scaled so that their gradient depends on them.
    private func gatheredLogits(_ model: Linear, _ x: Tensor, _ classes: Tensor) -> Tensor {
        let logits = model(x)
        return (logits * logits).taking(along: 1, classes.expanded(at: 1))
    }

    @Test func `a loss that is older than the last update is refused`() throws {
        let model = network()
        let optimizer = SGD(model, learningRate: 0.01)
        let old = meanSquaredError(model(x), y)
        try optimizer.minimize(meanSquaredError(model(x), y))
        let before = try bits(of: model)
        let text = message { try optimizer.minimize(old) }
        #expect(text.contains("updated since"), "\(text)")
        #expect(try bits(of: model) == before)
        // Its value is still there to look at.
        #expect(try old.item().isFinite)
    }

    @Test func `a loss may be looked at before and after its step`() throws {
        let model = network()
        let optimizer = SGD(model, learningRate: 0.01)
        let loss = meanSquaredError(model(x), y)
        let value = try loss.item()
        try optimizer.minimize(loss)
        #expect(try loss.item() == value)
        #expect(try meanSquaredError(model(x), y).item() < value)
    }

    @Test func `of two updates at once one is answered by an error; no update is lost or half done`() throws {
        let model = network()
        let optimizer = SGD(model, learningRate: 0.01)
        let step = compiled { (x: Tensor, y: Tensor) in
            let loss = meanSquaredError(model(x), y)
            optimizer.update(minimizing: loss)
            return loss
        }
        let (x, y) = (x, y)
        _ = try step(x, y)
        let done = Atomic<Int>(1), messages = Mutex<[String]>([])
        concurrently(4) { thread in
            for turn in 0..<40 {
                do {
                    if (turn + thread) % 2 == 0 {
                        _ = try step(x, y)
                    } else {
                        try optimizer.minimize(meanSquaredError(model(x), y))
                    }
                    done.add(1, ordering: .relaxed)
                } catch {
                    messages.withLock { $0.append("\(error)") }
                }
            }
        }
        // Full-batch steps are all alike: parameters must be those after as many steps in a row.
        let reference = network()
        let other = SGD(reference, learningRate: 0.01)
        for _ in 0..<done.load(ordering: .relaxed) { try other.minimize(meanSquaredError(reference(x), y)) }
        for (a, b) in zip(model.parameters, reference.parameters) {
            try expectClose(a.value, b.value.doubles(), within: 1e-9)
        }
        let refusals = messages.withLock { $0 }
        #expect(
            refusals.allSatisfy { $0.contains("run at once") || $0.contains("updated since") },
            "\(refusals.first ?? "")")
    }

    @Test func `who updates while a long update runs is told so at once`() throws {
        let large = withSeed(1) { Sequential(Linear(200, 200), Linear(200, 200), Linear(200, 1)) }
        let x = Tensor.normal([200, 200], seed: 1)
        let long = SGD(large, learningRate: 1e-3)
        let bias = try #require(large.parameters.last)
        let short = SGD(bias, learningRate: 1e-3)
        let step = compiled { (x: Tensor) in
            let loss = mean(large(x) * large(x))
            long.update(minimizing: loss)
            return loss
        }
        let other = compiled { (x: Tensor) in
            short.update(minimizing: sum(bias.value * x))
            return x
        }
        let one = Tensor([1.0])
        (_, _) = (try step(x), try other(one))
        let isRunning = Atomic<Bool>(true)
        let texts = Mutex<Set<String>>([])
        @Sendable func note(_ body: () throws -> Void) {
            let text = message(body)
            texts.withLock { _ = $0.insert(text) }
        }
        concurrently(2) { thread in
            if thread == 0 {
                for _ in 0..<2000 {
                    note { _ = try step(x) }
                    if texts.withLock({ $0.contains { !$0.isEmpty } }) { break }
                }
                isRunning.store(false, ordering: .releasing)
            } else {
                while isRunning.load(ordering: .acquiring) { note { _ = try other(one) } }
            }
        }
        let found = texts.withLock { $0 }.filter { !$0.isEmpty }
        #expect(found.count == 1)
        #expect(
            found.first?.contains("RuntimeError: compiled\n  two updates of Sequential.2.bias run at once") == true,
            "\(found)")
    }

    @Test func `two inferences on one model run at once, also while it is trained`() throws {
        let model = network()
        let expected = try model(x).doubles()
        let (x, y) = (x, y)
        let failures = Atomic<Int>(0)
        concurrently(4) { _ in
            for _ in 0..<20 where (try? model(x).doubles()) != expected { failures.add(1, ordering: .relaxed) }
        }
        #expect(failures.load(ordering: .relaxed) == 0)

        let optimizer = SGD(model, learningRate: 1e-3)
        concurrently(3) { thread in
            for _ in 0..<20 {
                let isFine =
                    thread == 0
                    ? (try? optimizer.minimize(meanSquaredError(model(x), y))) != nil
                    : (try? model(x).doubles())?.allSatisfy(\.isFinite) == true
                if !isFine { failures.add(1, ordering: .relaxed) }
            }
        }
        #expect(failures.load(ordering: .relaxed) == 0)
    }

    @Test func `asking for a value while compiled traces, or minimizing there, throws and changes nothing`() throws {
        let model = network()
        let optimizer = SGD(model, learningRate: 0.1)
        let before = try bits(of: model)
        let y = y
        let step = compiled { (x: Tensor) in
            let loss = meanSquaredError(model(x), y)
            do {
                try optimizer.minimize(loss)
                return loss
            } catch {
                return Tensor(invalid: (error as? TensorError) ?? TensorError("", [], "\(error)"))
            }
        }
        #expect(message { _ = try step(x) }.contains("TraceError"))
        #expect(try bits(of: model) == before)
    }

    @Test func `writes inside of compiled and of other values take effect together when the plan has run`() throws {
        let (a, b) = (Parameter(Tensor([1.0])), Parameter(Tensor([10.0])))
        let swap = compiled { (x: Tensor) in
            (a.value, b.value) = (b.value, a.value + x)
            return [a.value, b.value].withOther(b)
        }
        let results = try swap(Tensor([1.0]))
        #expect(try a.value.doubles() == [10] && b.value.doubles() == [2])
        #expect(try results.map { try $0.doubles() } == [[10], [2], [2]])
    }
}

extension [Tensor] {
    /// The tensors and the value of a parameter as the trace sees it now.
    fileprivate func withOther(_ parameter: Parameter) -> [Tensor] { self + [parameter.value] }
}
