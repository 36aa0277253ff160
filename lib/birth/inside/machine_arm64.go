package inside

const nativeMachine = 183
