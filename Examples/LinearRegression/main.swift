import Leibniz

let x = Tensor.normal([100, 1], seed: 1)
let y = 2 * x + 3 + Tensor.normal([100, 1], seed: 2)

let model = Linear(1, 1)
let optimizer = SGD(model, learningRate: 0.01)

for epoch in 1...1000 {
    let loss = meanSquaredError(model(x), y)
    try optimizer.minimize(loss)
    if epoch % 100 == 0 { print("Epoch [\(epoch)/1000], Loss: \(try loss.item())") }
}
