export declare const entries: string[];
export declare const transform: { target: string; assumptions: { setPublicClassFields: boolean }; typescript: { removeClassFieldsWithoutInitializer: boolean } };
