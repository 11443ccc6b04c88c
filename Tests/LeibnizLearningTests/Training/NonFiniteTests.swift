import Foundation
import Leibniz
import Testing

@Suite struct `A loss that is not finite` {
    struct Net: Module {
        let first = Linear(3, 4), second = Linear(4, 2)
        let gain: Parameter
        init() { gain = Parameter(Tensor([1.0, 1.0])) }
        func hidden(_ x: Tensor) -> Tensor { second(tanh(first(x))) }
    }

    private let x = Tensor.normal([5, 3], seed: 1)

    private func error(_ check: FiniteCheck, _ loss: @escaping @Sendable (Net, Tensor) -> Tensor) throws -> (
        NonFiniteLoss, Bool
    ) {
        let model = withSeed(1) { Net() }
        let trainer = Trainer(model, SGD(model, learningRate: 0.1), check: check, loss)
        let before = try bits(of: model)
        let error = try #require(
            #expect(throws: NonFiniteLoss.self) { try trainer.fit(StoredBatches([x, x, x]), epochs: 2) })
        return (error, try before == bits(of: model))
    }

    @Test func `names operation, module and step, and changes nothing`() throws {
        let (error, isUnchanged) = try error(.loss) { net, x in sum(log(net.hidden(x) * 0)) }
        #expect(isUnchanged)
        #expect(error.step == 1 && error.epoch == 1 && error.batch == 1 && error.loss == -.infinity)
        #expect(error.origin?.kind == .operation && error.origin?.name == "log" && error.origin?.module == "Net.second")
        #expect(error.origin?.shape == [5, 2] && error.origin?.count == 10)
        #expect("\(error)".contains("step 1 (epoch 1, batch 1)") && "\(error)".contains("log"))
    }

    @Test func `may come late`() throws {
        // The gain shrinks by ½ each step, from 1 to −½, and √(g + ¼) is then no number.
        let (error, _) = try error(.loss) { net, x in
            5 * sum(net.gain.value) + 0 * sum(sqrt(net.gain.value + 0.25)) + 0 * sum(x)
        }
        #expect(error.step == 4 && error.epoch == 2 && error.batch == 1)
        #expect(error.origin?.name == "sqrt" && error.origin?.module == "Net" && error.loss.isNaN)
    }

    @Test func `may be finite while its gradients are not`() throws {
        // √0 has no slope, and 0·∞ is no number.
        let (error, isUnchanged) = try error(.gradients) { net, x in
            sum(sqrt(net.gain.value - net.gain.value.stopGradient())) + 0 * sum(x)
        }
        #expect(isUnchanged && error.loss == 0 && error.step == 1)
        #expect(error.origin?.kind == .operation && error.origin?.module == "Net")
        #expect("\(error)".contains("gradients"))
    }

    @Test func `may come with the data, or from a parameter`() throws {
        let model = withSeed(1) { Net() }
        let trainer = Trainer(model, SGD(model, learningRate: 0.1)) { net, x in sum(net.hidden(x)) }
        #expect(try trainer.nonFiniteOrigin(on: x) == nil)
        #expect(try trainer.nonFiniteOrigin(on: Tensor([Float.nan, 1, 2], shape: [1, 3]))?.kind == .input)
        model.first.bias?.value = Tensor([1, Float.nan, 1, 1])
        let origin = try #require(try trainer.nonFiniteOrigin(on: x))
        #expect(origin.kind == .variable && origin.name == "Net.first.bias" && origin.count == 1)
    }

    @Test func `is no infinity that is meant`() throws {
        let mask = Tensor([true, false, true, true], shape: [1, 4])
        let logits = which(mask, Tensor.normal([1, 4], seed: 1), Tensor(-Double.infinity))
        let shares = softmax(logits)
        #expect(try nonFiniteOrigin(of: [shares]) == nil)
        #expect(try nonFiniteOrigin(of: [log(sum(shares) - sum(shares))])?.name == "log")
    }
}
